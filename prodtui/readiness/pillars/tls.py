"""Security: what a TLS handshake with every instance showed. What it did not show is UNKNOWN, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from prodtui.model.assessment import State
from prodtui.model.evidence import Certificate
from prodtui.model.records import Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Criteria, Limits
from prodtui.readiness.finding import Finding, Row, of_record, worst
from prodtui.readiness.pillars.asked import HANDSHAKES, serving, sources_of, unanswered

CHECKS = Checks(Plane.RELEASE, Plane.REGISTRY, Plane.PROBES)
_VERSIONS = {"SSLv2": 0.2, "SSLv3": 0.3, "TLSv1": 1.0, "TLSv1.1": 1.1, "TLSv1.2": 1.2, "TLSv1.3": 1.3}
_WARNS_SHARE, _FAILS_SHARE = 1 / 3, 1 / 6
"""Of a certificate's lifetime: ACME clients renew short-lived ones when a third is left."""


@CHECKS.check(
    "security.tls_expiry",
    "Certificates last",
    rule="every instance's certificate is valid for 30 d (or a third of its lifetime, if that is less) PASS, 7 d (or a "
    "sixth) WARN, else FAIL; an expired one can't be waived; UNKNOWN for an instance that shows none",
    remedy="Renew the certificate and reload the instance; then see why the renewal did not happen by itself.",
    why="On the day it expires every client refuses the service at once, and one instance behind a balancer is enough.",
    blocking=True,
    limits=Limits.of(">= 30d", ">= 7d"),
    unit="s",
)
def tls_expiry(view: ServiceView, ask: Question) -> Finding | None:
    """How long each instance's certificate is still valid, and whether it is yet."""

    def judge(said: Said[Certificate]) -> Finding:
        seen = said.record
        if seen.not_after is None:
            return _unknown(said, "expiry not known")
        left, limits = seen.not_after - ask.now, _for_lifetime(ask.limits, seen)
        expired, early = left <= 0, seen.not_before is not None and seen.not_before > ask.now
        state = State.FAIL if expired or early else limits.judge(left)
        if expired:
            reason, brief = f"certificate expired {words.seconds(-left)} ago", "certificate expired"
        elif early:
            reason, brief = f"certificate is not valid before {_date(seen.not_before)}", "certificate not valid yet"
        else:
            reason = f"certificate expires in {words.seconds(left)}, passes {limits.passes.text('s')}"
            brief = f"certificate {words.seconds(left)} left"
        return of_record(
            said,
            state,
            f"{seen.instance}: {reason}",
            brief="" if state is State.PASS else brief,
            value=left,
            unit="s",
            threshold=limits.text("s"),
            evidence=Row(_row, seen),
            severity=-left,
            limit=limits.passes.edge,
            judged_by=limits,
            unwaivable=expired,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "security.tls_name",
    "Certificates bear the service's name",
    rule="every instance's certificate bears the name that it was asked for, else FAIL; UNKNOWN without a handshake",
    remedy="Issue a certificate with the name among its subject alternative names, or declare the name that it has.",
    why="A client that verifies refuses another name; one that does not can't tell who answers.",
    blocking=True,
)
def tls_name(view: ServiceView, ask: Question) -> Finding | None:
    """Whether the certificate is for the name that clients use (RFC 9525)."""

    def judge(said: Said[Certificate]) -> Finding:
        seen = said.record
        bears = words.listed(seen.names) or seen.subject or "no name"
        return _yes_or_no(
            said,
            seen.name_matches,
            yes=f"{seen.instance}: certificate bears {seen.server_name}",
            no=f"{seen.instance}: certificate bears {bears}, asked for {seen.server_name}",
            brief="certificate for another name",
        )

    return _each(view, ask, judge, good="every certificate bears its name")


@CHECKS.check(
    "security.tls_chain",
    "Certificates are trusted",
    rule="every instance's chain leads to a trusted authority, else FAIL; UNKNOWN without a handshake",
    remedy="Serve the intermediate certificates too, or give the authority's file in the policy (tls.ca_file).",
    why="A chain that does not verify is refused by clients, or teaches them not to verify.",
    blocking=True,
)
def tls_chain(view: ServiceView, ask: Question) -> Finding | None:
    """Whether the chain verifies against the authorities that clients trust."""

    def judge(said: Said[Certificate]) -> Finding:
        seen = said.record
        return _yes_or_no(
            said,
            seen.trusted,
            yes=f"{seen.instance}: certificate is trusted",
            no=f"{seen.instance}: certificate is not trusted: {seen.distrust or 'no reason given'}",
            brief="certificate not trusted",
        )

    return _each(view, ask, judge, good="every certificate is trusted")


@CHECKS.check(
    "security.tls_version",
    "TLS is not outdated",
    rule="every instance agrees on TLS 1.2 or newer, else FAIL; one that accepts older ones too WARN; a server that "
    "only speaks older ones is no UNKNOWN; else UNKNOWN without a handshake",
    remedy="Set the server's minimum to TLS 1.2 (RFC 9325).",
    why="TLS 1.0 and 1.1 are withdrawn (RFC 8996): whoever sits between can weaken what is agreed on.",
    limits=Limits.of(">= 1.2"),
)
def tls_version(view: ServiceView, ask: Question) -> Finding | None:
    """The protocol agreed on, and the oldest one accepted as far as it could be tried."""

    def judge(said: Said[Certificate]) -> Finding:
        seen = said.record
        agreed, oldest = _VERSIONS.get(seen.version), _VERSIONS.get(seen.oldest)
        best = oldest if agreed is None else agreed
        if best is None or (agreed is None and ask.limits.judge(best) is State.PASS):
            return _unknown(said, f"protocol {seen.version} not known" if seen.version else "no protocol agreed on")
        state, reason = ask.limits.judge(best), f"{seen.instance}: {seen.version or seen.oldest}"
        if state is State.PASS and oldest is not None and ask.limits.judge(oldest) is not State.PASS:
            state, reason = State.WARN, f"{reason}, accepts {seen.oldest} too"
        return of_record(
            said,
            state,
            reason,
            brief="" if state is State.PASS else f"accepts {seen.oldest or seen.version}",
            evidence=Row(_row, seen),
            severity=-(oldest or best),
        )

    return _each(view, ask, judge)


def _for_lifetime(limits: Limits, seen: Certificate) -> Limits:
    """The limits, where a short-lived certificate asks for less than they do."""
    if seen.not_before is None or seen.not_after is None:
        return limits
    lifetime_s = seen.not_after - seen.not_before
    warns = _at_most(limits.warns, _FAILS_SHARE * lifetime_s) if limits.warns else None
    return msgspec.structs.replace(limits, passes=_at_most(limits.passes, _WARNS_SHARE * lifetime_s), warns=warns)


def _at_most(criteria: Criteria, longest_s: float) -> Criteria:
    """The criteria, no lower limit above `longest_s`."""
    return Criteria(
        tuple(
            tuple(
                msgspec.structs.replace(bound, value=min(bound.value, longest_s)) if bound.op in (">", ">=") else bound
                for bound in bounds
            )
            for bounds in criteria.sets
        )
    )


def _each(
    view: ServiceView, ask: Question, judge: Callable[[Said[Certificate]], Finding], *, good: str = ""
) -> Finding | None:
    """The worst finding over all instances; absent where the policy asks for no handshakes."""
    if ask.part.asks.tls is None:
        return None
    counted, sources = serving(view, ask), sources_of(view, HANDSHAKES)
    heard = [s for s in ask.heard(view.certificates) if s.record.instance in counted or not s.record.trouble]
    findings = [judge(said) for said in heard] + ask.unheard(view.certificates)
    unseen = counted - {said.record.instance for said in view.certificates}
    findings += [unanswered(ask, sources, f"certificate of {name}") for name in sorted(unseen)]
    return worst(findings, good=good) or unanswered(ask, sources, f"certificates of {view.name}")


def _yes_or_no(said: Said[Certificate], answer: bool | None, *, yes: str, no: str, brief: str) -> Finding:
    if answer is None:
        return _unknown(said, "not told")
    evidence = _row(said.record)
    if answer:
        return of_record(said, State.PASS, yes, evidence=evidence)
    return of_record(said, State.FAIL, no, brief=brief, evidence=evidence)


def _unknown(said: Said[Certificate], why: str) -> Finding:
    seen = said.record
    reason = f"{seen.instance}: {seen.trouble or why}"
    return of_record(said, State.UNKNOWN, reason, brief="TLS unknown", evidence=Row(_row, seen))


def _row(seen: Certificate) -> dict[str, str]:
    """What the handshake showed."""
    fields = {
        "asked": f"{seen.address} for {seen.server_name}",
        "subject": seen.subject,
        "issuer": seen.issuer,
        "names": ", ".join(seen.names),
        "valid": f"{_date(seen.not_before)} to {_date(seen.not_after)}" if seen.not_after is not None else "",
        "agreed": seen.version,
        "oldest accepted": seen.oldest,
        "distrust": seen.distrust,
        "trouble": seen.trouble,
    }
    return {name: value for name, value in fields.items() if value}


def _date(at: float | None) -> str:
    """A time in UTC; `?` where it is not known, or beyond what a calendar can say (RFC 5280's 9999-12-31 is not)."""
    if at is None:
        return "?"
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}Z"
    except (OverflowError, ValueError, OSError):
        return "?"
