"""Certificates, guarded paths and database roles: what was not shown is never a pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.asks import ServiceAsks, TlsAsk
from prodtui.model.assessment import CheckResult, State, Streak
from prodtui.model.declared import DeclaredService
from prodtui.model.evidence import Guard
from prodtui.model.records import AnyRecord, Phase
from prodtui.readiness.assess import Asking
from prodtui.readiness.check import Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.history import History
from prodtui.readiness.pillars import CHECKS
from prodtui.readiness.policy import CheckRule, Policy, ServicePart
from tests.builders import (
    CONSUL,
    DAY,
    HANDSHAKES,
    NOW,
    PAYMENTS,
    PGBOUNCER,
    POSTGRES,
    World,
    certificate,
    guarded,
    instance,
    pool,
    registered,
    role,
    server,
)

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN
HOUR = 3_600.0
TLS_CHECKS = ("tls_expiry", "tls_name", "tls_chain", "tls_version")


def asking(**asks: Any) -> Policy:
    return Policy(services={"payments": ServicePart(asks=ServiceAsks(**asks))})


TLS = asking(tls=TlsAsk())
PATHS = asking(protected=("/admin/refunds",), admin=("/debug/vars",))


def found(world: World, check: str, policy: Policy = TLS, now: float = NOW) -> CheckResult:
    result = world.result("payments", f"security.{check}", policy, now)
    assert result is not None
    return result


def shaken(*records: AnyRecord, instances: int = 1) -> World:
    world = World(DeclaredService(name="payments"), sources=(CONSUL, HANDSHAKES))
    return world.tell("consul", *registered("payments", instances)).tell("handshakes", *records)


@pytest.mark.parametrize(
    ("born", "left", "state"),
    [
        (-60 * DAY, 30 * DAY, P),
        (-60 * DAY, 30 * DAY - 1, W),
        (-80 * DAY, 7 * DAY, W),
        (-80 * DAY, 7 * DAY - 1, F),
        (-90 * DAY, -1.0, F),
        (1.0, 60 * DAY, F),  # not valid yet
        (-16 * HOUR, 8 * HOUR, P),  # a day's certificate: a third left
        (-17 * HOUR, 7 * HOUR, W),
        (-20 * HOUR - 1, 4 * HOUR - 1, F),
        (None, 30 * DAY, P),
        (None, 10 * DAY, W),
    ],
)
def test_a_certificate_warns_and_fails_before_it_expires(born: float | None, left: float, state: State) -> None:
    begins = None if born is None else NOW + born
    world = shaken(certificate(not_before=begins, not_after=NOW + left))
    assert found(world, "tls_expiry").state is state


@given(
    lifetime=st.floats(HOUR, 900 * DAY),
    # Not the whole of it: rounded, such a certificate may begin a moment after now.
    shares=st.lists(st.integers(-100, 999), min_size=2, max_size=2).map(sorted),
)
def test_a_certificate_never_looks_better_for_having_less_time_left(lifetime: float, shares: list[int]) -> None:
    def state(share: int) -> State:
        ends = NOW + share / 1_000 * lifetime
        view = shaken(certificate(not_before=ends - lifetime, not_after=ends)).views()["payments"]
        check = CHECKS["security.tls_expiry"]
        judged = check.judge(view, Question(TLS, NOW, limits=check.limits, part=TLS.services["payments"]))
        assert judged is not None
        assert judged.unwaivable is (share <= 0)
        return judged.state

    order = [F, W, P]
    less, more = (order.index(state(share)) for share in shares)
    assert less <= more


def test_every_instance_is_judged_and_the_worst_is_named() -> None:
    world = shaken(certificate(1), certificate(2, not_after=NOW + 3 * DAY), certificate(3), instances=3)
    expiry = found(world, "tls_expiry")
    assert (expiry.state, expiry.value, expiry.limit) == (F, 3 * DAY, 11 * DAY)
    assert expiry.reason == "payments-2: certificate expires in 3 d, passes >= 11 d"
    assert expiry.subjects[0] == "certificate:handshakes:payments/payments-2"


def test_an_expired_certificate_says_since_when() -> None:
    assert found(shaken(certificate(not_after=NOW - 2 * HOUR)), "tls_expiry").reason == (
        "payments-1: certificate expired 2 h ago"
    )


def test_a_policy_sets_how_long_certificates_must_last() -> None:
    rule = CheckRule(limits=Limits.of(">= 5d"))
    policy = Policy(services=TLS.services, checks={"security.tls_expiry": rule})
    world = shaken(certificate(not_after=NOW + 5.5 * DAY))
    assert (found(world, "tls_expiry").state, found(world, "tls_expiry", policy).state) == (F, P)


@pytest.mark.parametrize("check", TLS_CHECKS)
def test_an_instance_without_a_handshake_is_unknown(check: str) -> None:
    assert found(shaken(certificate(1), certificate(2), instances=2), check).state is P
    unasked = found(shaken(certificate(1), instances=2), check)
    assert (unasked.state, unasked.reason) == (U, "certificate of payments-2: not reported by handshakes")
    failed = certificate(
        2, not_after=None, version="", oldest="", name_matches=None, trusted=None, trouble="refused on port 8442"
    )
    refused = found(shaken(certificate(1), failed, instances=2), check)
    assert (refused.state, refused.reason) == (U, "payments-2: refused on port 8442")


@pytest.mark.parametrize("check", TLS_CHECKS)
def test_who_is_out_of_service_need_not_answer(check: str) -> None:
    failed = certificate(2, not_after=None, version="", oldest="", name_matches=None, trusted=None, trouble="refused")
    world = shaken(certificate(1), failed)
    world.tell("consul", *registered("payments", 1), instance("payments", 2, phase=Phase.MAINTENANCE))
    assert found(world, check).state is P


@pytest.mark.parametrize("check", TLS_CHECKS)
def test_without_anybody_to_shake_hands_it_is_unknown_and_undeclared_it_is_absent(check: str) -> None:
    world = World(DeclaredService(name="payments"), sources=(CONSUL,)).tell("consul", *registered("payments", 1))
    assert found(world, check).reason == "certificate of payments-1: nothing here reads it"
    assert shaken().result("payments", f"security.{check}") is None
    assert found(shaken(certificate()), check, now=NOW + 60).state is U
    nobody = World(DeclaredService(name="payments"), sources=(HANDSHAKES,)).tell("handshakes")
    assert found(nobody, check).reason == "certificates of payments: not reported by handshakes"


@pytest.mark.parametrize(
    ("fields", "check", "state"),
    [
        ({"name_matches": False}, "tls_name", F),
        ({"name_matches": None}, "tls_name", U),
        ({"trusted": False, "distrust": "self-signed"}, "tls_chain", F),
        ({"trusted": None}, "tls_chain", U),
        ({"version": "TLSv1.2", "oldest": "TLSv1.2"}, "tls_version", P),
        ({"version": "TLSv1.3", "oldest": ""}, "tls_version", P),
        ({"version": "TLSv1.3", "oldest": "TLSv1"}, "tls_version", W),
        ({"version": "TLSv1.1", "oldest": ""}, "tls_version", F),
        ({"version": "", "oldest": "TLSv1", "trouble": "protocol version"}, "tls_version", F),
        ({"version": "", "oldest": "TLSv1.2", "trouble": "reset"}, "tls_version", U),
        ({"version": "", "oldest": ""}, "tls_version", U),
        ({"version": "TLSv9", "oldest": ""}, "tls_version", U),
        ({"not_after": None}, "tls_expiry", U),
    ],
)
def test_handshakes(fields: dict[str, Any], check: str, state: State) -> None:
    assert found(shaken(certificate(**fields)), check).state is state


@pytest.mark.parametrize(
    ("check", "fields"),
    [
        ("tls_version", {"version": "TLSv1.2"}),
        ("tls_expiry", {"not_before": NOW - HOUR, "not_after": NOW + 23 * HOUR}),
    ],
)
def test_what_was_mended_passes_at_its_second_observation(check: str, fields: dict[str, Any]) -> None:
    streaks = {f"payments/security.{check}": Streak(state=F, good=1, observed_at=NOW - 60)}
    judged = shaken(certificate(**fields)).result(
        "payments", f"security.{check}", TLS, asking=Asking(history=History(streaks=streaks))
    )
    assert judged is not None
    assert judged.state is P


def test_a_wrong_name_and_a_broken_chain_say_what_is_there() -> None:
    wrong = certificate(name_matches=False, names=("localhost",), trusted=False, distrust="self-signed certificate")
    assert found(shaken(wrong), "tls_name").reason == (
        "payments-1: certificate bears localhost, asked for payments.lab"
    )
    assert found(shaken(wrong), "tls_chain").reason == "payments-1: certificate is not trusted: self-signed certificate"


@pytest.mark.parametrize(
    ("status", "protected", "admin"),
    [
        (200, F, F),
        (204, F, F),
        (401, P, P),
        (403, P, P),
        (404, U, P),
        (302, U, U),
        (429, U, U),
        (503, U, U),
        (None, U, U),
    ],
)
def test_unauthenticated_requests(status: int | None, protected: State, admin: State) -> None:
    world = shaken(guarded("/admin/refunds", status), guarded("/debug/vars", status, guard=Guard.ADMIN))
    assert found(world, "auth_required", PATHS).state is protected
    assert found(world, "admin_exposed", PATHS).state is admin


def test_one_instance_that_lets_in_is_named() -> None:
    paths = [guarded("/admin/refunds", 401), guarded("/admin/refunds", 200, 2)]
    required = found(shaken(*paths, instances=2), "auth_required", PATHS)
    assert (required.state, required.reason) == (F, "payments-2 /admin/refunds: 200, without authentication")


def test_a_path_that_was_not_asked_everywhere_is_unknown_and_an_undeclared_one_absent() -> None:
    world = shaken(guarded("/admin/refunds", 401), instances=2)
    required = found(world, "auth_required", PATHS)
    assert (required.state, required.reason) == (U, "/admin/refunds of payments-2: not reported by handshakes")
    assert found(world, "admin_exposed", PATHS).state is U
    assert world.result("payments", "security.auth_required", TLS) is None


ENCRYPTED = Policy(services={"payments": ServicePart(database_tls=True)})


def connected(*roles: AnyRecord, **fields: Any) -> World:
    world = World(PAYMENTS, sources=(PGBOUNCER, POSTGRES)).tell("pgbouncer", pool())
    return world.tell("postgres", server(**fields), *roles)


OURS = {"ours": True, "sessions": 1, "encrypted": 0}


@pytest.mark.parametrize(
    ("world", "state"),
    [
        (connected(role()), P),
        (connected(role(superuser=True)), F),
        (connected(role(powers=("CREATEROLE",))), W),
        (connected(role(superuser=None)), U),
        (connected(role(), role("monitor", **OURS)), P),
        (connected(role(), role("monitor", superuser=True, **OURS)), W),
        (connected(role(), role("postgres", superuser=True)), W),
        (connected(role("other")), P),  # no role is a pool's user: every one but ours counts
        (connected(role("other", superuser=True)), F),
        (connected(role("monitor", **OURS)), U),
        (connected(role(ours=True)), P),  # we read with the service's own role
        (connected(), U),
        (connected(exhausted=True), U),
    ],
)
def test_database_roles(world: World, state: State) -> None:
    assert found(world, "db_role", Policy()).state is state


@pytest.mark.parametrize(
    ("world", "state"),
    [
        (connected(role(sessions=4, encrypted=4)), P),
        (connected(role(sessions=4, encrypted=1, local=3)), P),
        (connected(role(sessions=4, encrypted=3)), F),
        (connected(role(sessions=4, encrypted=None)), U),
        (connected(role(sessions=4, encrypted=4, local=None)), U),
        (connected(role("monitor", **OURS)), U),
        (connected(), U),
        (World(PAYMENTS, sources=()), U),
    ],
)
def test_database_sessions_must_be_encrypted_where_declared(world: World, state: State) -> None:
    assert found(world, "db_tls", ENCRYPTED).state is state
    assert world.result("payments", "security.db_tls") is None


def test_plain_sessions_are_counted() -> None:
    assert found(connected(role(sessions=4, encrypted=3)), "db_tls", ENCRYPTED).reason == (
        "app: 1 of 4 sessions not encrypted"
    )


def test_a_policy_may_leave_the_role_out() -> None:
    policy = Policy(services={"payments": ServicePart(database_role=False)})
    assert connected(role(superuser=True)).result("payments", "security.db_role", policy) is None
