"""`/check`: what a pipeline that deploys asks of a watch, as Argo Rollouts' web metrics and Flagger's webhooks do.

Argo Rollouts reads the body of a 2xx by a JSONPath and takes any other status for an error of the measurement; Flagger
posts `{name, namespace, phase, metadata}` and takes any status above 202 for a failed check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from prodtui.model.errors import UsageError
from prodtui.model.rollout import Rollout
from prodtui.model.text import neutralise_name
from prodtui.readiness.gate import FailOn
from prodtui.readiness.policy import Policy
from prodtui.readiness.selection import select
from prodtui.reports.watching import Watching
from prodtui.reports.web_check import Checked, of_services, web_check_json
from prodtui.watch.http import Reply, Request

PAGE = "/check"
ALL = "*"
JSON = "application/json"
FAILED = 412
"""The decision fails the gate."""
_FIELDS = ("service", "fail_on", "status")


class _Webhook(msgspec.Struct):
    """What Flagger posts, as far as it matters here."""

    name: str = ""
    metadata: Mapping[str, str] | None = None


class _Asked(NamedTuple):
    services: tuple[str, ...]
    fail_on: FailOn
    always_200: bool
    """Whoever asks reads the body."""


class WebCheck:
    """Decides by the newest moment, as `prodtui check` does by one sample, and by the rollouts of the last hour."""

    def __init__(self, policy: Policy, rollouts: Callable[[], Sequence[Rollout]] = tuple) -> None:
        self._policy = policy
        self._rollouts = rollouts

    def answer(self, request: Request, watching: Watching) -> Reply:
        """200 where the gate would let it through, else 412; 503 while the watch itself has nothing to tell."""
        try:
            asked = _asked(request)
        except UsageError as error:
            return Reply(400, f"{error}\n")
        moment = watching.moment
        if moment is None or not watching.well:
            since = "yet" if watching.age_s is None else f"for {watching.age_s:.0f} s"
            return Reply(503, f"INCONCLUSIVE: no moment {since}; /healthz says why\n")
        try:
            judged = select(moment.assessment, asked.services, moment.views, self._policy)
        except UsageError as error:
            return Reply(404, f"{error}\n")
        rollouts = of_services(self._rollouts(), asked.services)
        checked = Checked(assessment=judged, now=watching.now, rollouts=rollouts, fail_on=asked.fail_on)
        status = 200 if checked.passed or asked.always_200 else FAILED
        return Reply(status, web_check_json(checked, watching), JSON)


def is_check(path: str) -> bool:
    """Whether a path is `/check` or `/check/SERVICE`."""
    return path == PAGE or path.startswith(f"{PAGE}/")


def _asked(request: Request) -> _Asked:
    """Raises UsageError for what can't be meant."""
    unknown = [name for name, _ in request.query if name not in _FIELDS]
    if unknown:
        raise UsageError(f'"{neutralise_name(unknown[0])}" is no field; there are {", ".join(_FIELDS)}')
    fields = dict(request.query)
    status, fail_on = fields.get("status", ""), fields.get("fail_on", FailOn.NOT_READY)
    if status not in ("", "200"):
        raise UsageError(f'status "{neutralise_name(status)}" is not 200, which is answered whatever is decided')
    if fail_on not in list(FailOn):
        raise UsageError(f'fail_on "{neutralise_name(fail_on)}" is neither {" nor ".join(FailOn)}')
    named = request.path.removeprefix(PAGE).strip("/")
    services = [named] if named else [value for name, value in request.query if name == "service"]
    services = services or _posted(request.body)
    wanted = () if ALL in services else tuple(map(neutralise_name, services))
    return _Asked(wanted, FailOn(fail_on), bool(status))


def _posted(body: bytes) -> list[str]:
    """The service that a webhook is about: its metadata's, else by the name of what is rolled out."""
    if not body.strip():
        return []
    try:
        webhook = msgspec.json.decode(body, type=_Webhook)
    except msgspec.DecodeError as error:
        raise UsageError(f"the body is no webhook's JSON: {neutralise_name(str(error))}") from error
    name = (webhook.metadata or {}).get("service", webhook.name)
    return [name] if name else []
