"""What stands under the registry's prefix in etcd, as records. Pure.

By convention PREFIX/NAME/ID holds a JSON object; a value that does not parse still proves presence.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from prodtui.model.records import Instance
from prodtui.model.text import LONGEST_NAME, neutralise, neutralise_name
from prodtui.sources.registry.etcd_api import KeyValue
from prodtui.sources.registry.phase import phase

NO_LEASE = "none"
"""In `meta["lease"]`: the key outlives its writer, so its presence does not prove that anything runs."""


def instance(kv: KeyValue, prefix: bytes) -> Instance | None:
    """The instance that a key stands for; None for a key that names no service."""
    said = _fields(kv.value)
    path = kv.key[len(prefix) :].decode("utf-8", "replace").strip("/")
    service, _, id_in_key = path.partition("/")
    if not id_in_key:
        service, id_in_key = _text(said, "name"), path
    if not service or not id_in_key:
        return None
    # Unlike Consul's, an id here need not be unique on its node: where it does not name its service, it is made to.
    own_id = _text(said, "id") or id_in_key
    own_id = own_id if own_id.startswith(service) else f"{service}/{own_id}"
    address, port = _address(said)
    meta = {
        neutralise_name(key): neutralise(str(value), longest=LONGEST_NAME * 10)
        for key, value in said.items()
        if isinstance(value, (str, int, float)) and value != ""
    }
    if kv.lease == "0":
        meta["lease"] = NO_LEASE
    return Instance(
        service=neutralise_name(service),
        id=neutralise_name(own_id),
        node=neutralise_name(_text(said, "node") or address),
        zone=neutralise_name(_text(said, "zone")) or None,
        version=neutralise_name(_text(said, "version")) or None,
        phase=phase(_text(said, "phase")),
        address=neutralise_name(address),
        port=port,
        tags=_tags(said),
        meta=meta,
    )


def _fields(value: bytes) -> dict[str, object]:
    """The value's fields, with those of its metadata beside them; none of a value that is no JSON object."""
    try:
        said = msgspec.json.decode(value, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    for name in ("meta", "metadata", "Metadata"):
        inner = said.get(name)
        if isinstance(inner, Mapping):
            said = {**{str(key): item for key, item in inner.items()}, **said}
    return said


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _tags(said: Mapping[str, object]) -> tuple[str, ...]:
    value = said.get("tags")
    return tuple(neutralise_name(tag) for tag in value if isinstance(tag, str)) if isinstance(value, list) else ()


def _address(said: Mapping[str, object]) -> tuple[str, int | None]:
    """Host and port, given apart or as one ("Addr" is what Go's naming/endpoints writes)."""
    address = _text(said, "address") or _text(said, "Addr")
    port = said.get("port")
    host, colon, digits = address.rpartition(":")
    if not isinstance(port, int) and colon and digits.isdecimal() and (":" not in host or host.endswith("]")):
        return host.strip("[]"), int(digits)
    return address, port if isinstance(port, int) and 0 < port < 65536 else None
