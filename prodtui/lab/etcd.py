"""The few etcd calls of the lab, through its v3 JSON gateway: keys, values and leases as base64 and strings."""

from __future__ import annotations

import base64
import json
from typing import Any

from prodtui.lab.network import ask_json


def encoded(text: str) -> str:
    """Text as the gateway wants keys and values."""
    return base64.b64encode(text.encode()).decode()


def prefix_end(prefix: str) -> str:
    """The end of the range of keys below `prefix`: its last byte plus one."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def keys_below(url: str, prefix: str) -> list[str]:
    """The keys that start with `prefix`; raises LabError."""
    body = {"key": encoded(prefix), "range_end": encoded(prefix_end(prefix)), "keys_only": True}
    answer: dict[str, Any] = ask_json(f"{url}/v3/kv/range", method="POST", body=json.dumps(body).encode())
    return [base64.b64decode(pair["key"]).decode() for pair in answer.get("kvs", [])]
