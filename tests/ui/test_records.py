"""A record's page: what is wrong first, every field legible, and a way on."""

from __future__ import annotations

import pytest

from prodtui.model.moment import Moment
from prodtui.model.records import Breaker, DatabaseServer, Record
from prodtui.model.subject import subject
from prodtui.ui.rows.behind import behind
from prodtui.ui.rows.belonging import onward, owner
from prodtui.ui.rows.fields import fields
from prodtui.ui.rows.record import findings, record_of, since_line, title_of
from tests.ui import judged
from tests.ui.moments import ill
from tests.ui.showing import Hand, dashboard, shows


def of_kind(moment: Moment, tag: str) -> list[str]:
    return [
        subject(source, record)
        for table in moment.snapshot.tables.values()
        for (source, _), record in table.items()
        if record.__struct_config__.tag == tag
    ]


def told(name: str, moment: Moment) -> str:
    record = record_of(name, moment)
    assert record is not None
    stands = behind(name, record, moment)
    lines = [*findings(name, moment), *fields(record, moment.now), *(stands.lines if stands else [])]
    return title_of(name, record) + "\n" + "\n".join("".join(text for text, _ in line) for line in lines)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("certificate", ("certificate of payments-2", "in 3 d", "payments.shop.example, pay.example", "trusted", "no")),
        ("guarded_path", ("/refunds of payments-2", "200", "auth_required")),
        ("database_role", ("role payments on payments", "superuser", "yes", "CREATEROLE, CREATEDB", "db_role")),
        ("alert_rule", ("alert rule PaymentsSlow", "histogram_quantile(0.99", "query timed out")),
        ("alert_rule", ("alert rule Slow", "every service")),
        ("silence", ("silence 5f1c of payments", "in 40 min", "ana", "moving the ledger")),
        ("traffic", ("traffic of payments over 60 min", "0.2 %")),
        ("measurement", ("data.migrations of payments", "✖ 0003  pending", "● 0001  applied")),
        ("configuration", ("✖ SENTRY_DSN  missing", "▲ STRIPE_KEY  a placeholder", "● POOL_SIZE  present 20")),
        ("code_scan", ("code scan of payments", "payments/ledger.py:88 stub: returns a constant")),
        ("migrations", ("migrations of payments", "✖ 0003  pending")),
    ],
)
def test_what_a_policy_asks_for_is_legible(tag: str, words: tuple[str, ...]) -> None:
    moment = judged.with_release()
    pages = [told(name, moment) for name in of_kind(moment, tag)]
    assert any(all(word in page for word in words) for page in pages), "\n\n".join(pages)


def test_a_large_number_is_told_in_full() -> None:
    moment = ill()
    said = told(next(name for name in of_kind(moment, "sli") if name.endswith(":payments")), moment)
    assert "1,260" in said


def test_no_value_of_a_configuration_key_is_told_but_that_of_a_limit() -> None:
    moment = judged.with_release()
    (name,) = of_kind(moment, "configuration")
    record = record_of(name, moment)
    assert record is not None
    stands = behind(name, record, moment)
    assert stands is not None
    said = ["".join(text for text, _ in line).split("  ")[-1] for line in stands.lines]
    assert said == ["missing", "a placeholder", "present", "present 20"]


def test_what_fails_is_not_called_well_in_green() -> None:
    moment = ill()
    (name,) = of_kind(moment, "database_server")
    record = record_of(name, moment)
    assert isinstance(record, DatabaseServer)
    found = findings(name, moment)
    assert "blocked 38 s" in "".join(text for text, _ in found[0])
    assert {style for _, style in since_line(name, record, moment, quiet=bool(found))} == {"strong dim", "dim"}
    stands = behind(name, record, moment)
    assert stands is not None
    assert stands.wrong
    assert stands.title == "1 blocked"


def test_a_breaker_belongs_to_its_caller_and_leads_to_its_callee() -> None:
    moment = ill()
    names = [
        subject(source, breaker)
        for (source, _), breaker in moment.snapshot.of(Breaker).items()
        if breaker.callee == "payments"
    ]
    assert [(owner(name, moment), onward(name, moment)) for name in names] == [("checkout", "payments")]


def test_what_several_services_share_belongs_to_the_worst() -> None:
    moment = ill()
    (name,) = of_kind(moment, "database_server")
    assert owner(name, moment) == "payments"


def test_every_record_of_a_view_finds_its_service() -> None:
    moment = judged.with_release()
    kinds = ("instance", "health", "pool", "cluster", "sli", "target", "certificate", "configuration", "code_scan")
    records: dict[str, Record | None] = {
        name: record_of(name, moment) for tag in kinds for name in of_kind(moment, tag)
    }
    assert all(owner(name, moment) is not None for name in records)


async def test_a_breaker_opens_its_callee() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("3", "enter")
        await shows(pilot, "breaker checkout→payments", "enter open payments")
        await pilot.press("enter")
        await shows(pilot, "overview › payments ", "Why ")


async def test_a_database_shows_what_blocks_before_its_fields() -> None:
    app = dashboard(Hand(ill()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("2", "slash", *"postgres", "enter", "enter")
        screen = await shows(pilot, "database postgres", "holds the lock", "waits 38 s", "address")
        assert screen.index("holds the lock") < screen.index("address")


@pytest.mark.parametrize("check", ["tls_chain", "production_only"])
async def test_enter_on_a_check_of_the_release_opens_its_record(check: str) -> None:
    app = dashboard(Hand(judged.with_release()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "✖ payments")
        await pilot.press("enter")
        await shows(pilot, "Why ")
        await pilot.press("slash", *check, "enter", "enter")
        await shows(pilot, "overview › payments › payments", check, "w why")
