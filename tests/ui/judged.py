"""Moments of the shop as a policy and a memory judge them: waivers, an accepted release, a release of its own."""

from __future__ import annotations

from functools import cache

from prodtui.model.asks import CodeAsk, ServiceAsks, TlsAsk
from prodtui.model.assessment import Note, NoteKind
from prodtui.model.declared import Declared, DeclaredSource
from prodtui.model.evaluation import Evaluation, PolicySummary
from prodtui.model.evidence import (
    AlertRule,
    Certificate,
    CodeScan,
    Configuration,
    ConfigurationKey,
    DatabaseRole,
    Guard,
    GuardedPath,
    Measurement,
    Migrations,
    Silence,
    Traffic,
)
from prodtui.model.moment import Moment
from prodtui.model.records import AnyRecord, Plane
from prodtui.readiness.evaluation import evaluation
from prodtui.readiness.policy import CheckRule, Policy, ServicePart
from prodtui.readiness.standard import Standard
from prodtui.readiness.waiver import Waiver
from tests.ui.moments import START, Shop, declared, ill_shop, metrics, roles, server, well

DAY_S = 86_400.0
WAIVER = Waiver(
    id="W-12",
    check="data.blocked",
    service="payments",
    environment="lab",
    reason="the nightly ledger job holds its lock until it is split",
    ticket="SHOP-412",
    owner="ana",
    approved_by="bo",
    created=START - DAY_S,
    expires=START + 3.5 * DAY_S,
)
EXPIRED = Waiver(
    id="W-7",
    check="performance.latency_p95",
    service="payments",
    environment="lab",
    reason="slow until the index is built",
    ticket="SHOP-390",
    owner="cy",
    created=START - 9 * DAY_S,
    expires=START - 2 * DAY_S,
)
NOT_APPLICABLE = "scraped through a gateway that keeps no time of its own"
POLICY = Policy(
    name="shop",
    checks={"observability.fresh": CheckRule(not_applicable=NOT_APPLICABLE)},
    waivers=(WAIVER, EXPIRED),
)
WEAKER = Note(kind=NoteKind.POLICY, text="weaker than accepted: resilience.headroom no longer blocks")


@cache
def accepted() -> Evaluation:
    """The shop as it was when all was well, and accepted."""
    moment = well()
    return evaluation(
        moment.assessment,
        PolicySummary(name="shop"),
        id="0123456789",
        environment="lab",
        by="ana@ci",
        decision=moment.assessment.verdict.value,
        exit_code=0,
        views=moment.views,
        candidate="2.14.0",
    )


def standard() -> Standard:
    return Standard(policy=POLICY, accepted=accepted(), notes=(WEAKER,))


@cache
def ill() -> Moment:
    """Ill, under a policy with waivers, beside the release that was accepted."""
    return ill_shop(standard=standard()).moment(0.5)


@cache
def recovering() -> Moment:
    """Ill, and then well in one observation."""
    shop = ill_shop(standard=standard())
    shop.well()
    return shop.moment(0.5)


@cache
def with_release() -> Moment:
    """All that is read because a policy asks, and some of it bad; else the shop is well."""
    base = declared()
    asked = tuple(
        DeclaredSource(name=name, kind=kind, plane=Plane.RELEASE)
        for name, kind in (("handshakes", "handshakes"), ("tree", "release"))
    )
    shop = Shop(
        Declared(environment="lab", colour="red", sources=(*base.sources, *asked), services=base.services),
        Standard(policy=Policy(name="release", services={"payments": PAYMENTS})),
    )
    shop.well()
    now = shop.now
    shop.tell("handshakes", *handshakes(now))
    shop.tell("tree", *tree(now))
    shop.tell("postgres", server(), *roles()[:1], ROLE, MIGRATED)
    shop.tell("prometheus", *metrics(), *alerting(now))
    return shop.moment(0.5)


PAYMENTS = ServicePart(
    asks=ServiceAsks(
        tls=TlsAsk(server_name="payments.shop.example"),
        protected=("/refunds",),
        keys=("LEDGER_URL", "STRIPE_KEY", "SENTRY_DSN", "POOL_SIZE"),
        limited=("POOL_SIZE",),
        migrations_expected=("0001", "0002", "0003"),
        code=CodeAsk(paths=("/srv/payments",)),
    ),
    required=("LEDGER_URL", "STRIPE_KEY", "SENTRY_DSN"),
    migrations=("payments", "SELECT version FROM schema_migrations"),
)
ROLE = DatabaseRole(
    server="postgres",
    database="payments",
    role="payments",
    superuser=True,
    powers=("CREATEROLE", "CREATEDB"),
    sessions=12,
    encrypted=3,
    local=0,
)
MIGRATED = Measurement(
    check="data.migrations", service="payments", query="SELECT version FROM schema_migrations", rows=("0001", "0002")
)


def handshakes(now: float) -> tuple[AnyRecord, ...]:
    def certificate(number: int, days: float) -> Certificate:
        return Certificate(
            service="payments",
            instance=f"payments-{number}",
            address=f"127.0.0.1:844{number}",
            server_name="payments.shop.example",
            subject="CN=payments.shop.example",
            issuer="CN=shop CA",
            names=("payments.shop.example", "pay.example"),
            not_before=now - 300 * DAY_S,
            not_after=now + days * DAY_S,
            version="TLSv1.3",
            oldest="TLSv1.2",
            name_matches=True,
            trusted=number == 1,
            distrust="" if number == 1 else "self-signed certificate in certificate chain",
        )

    def guarded(number: int, status: int) -> GuardedPath:
        return GuardedPath(
            service="payments",
            instance=f"payments-{number}",
            guard=Guard.PROTECTED,
            path="/refunds",
            url=f"https://127.0.0.1:844{number}/refunds",
            status=status,
        )

    return (certificate(1, 200), certificate(2, 3.2), guarded(1, 401), guarded(2, 200))


def tree(now: float) -> tuple[AnyRecord, ...]:
    return (
        Configuration(
            service="payments",
            origin="metadata of payments-1",
            version="2.14.1",
            keys=(
                ConfigurationKey(name="LEDGER_URL", present=True),
                ConfigurationKey(name="STRIPE_KEY", present=True, placeholder=True),
                ConfigurationKey(name="POOL_SIZE", present=True, value="20"),
                ConfigurationKey(name="SENTRY_DSN", present=False),
            ),
        ),
        CodeScan(
            service="payments",
            roots=("/srv/payments",),
            version="2.14.1",
            scanned_at=now - 3_600,
            files=41,
            lines=5_210,
            findings=1,
            first=("payments/ledger.py:88 stub: returns a constant",),
        ),
        Migrations(service="payments", expected=("0001", "0002", "0003"), version="2.14.1"),
    )


def alerting(now: float) -> tuple[AnyRecord, ...]:
    return (
        AlertRule(
            name="PaymentsSlow",
            group="shop",
            severity="page",
            health="err",
            error="query timed out",
            evaluated_at=now - 4,
            expression="histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[1m])) > 0.25",
            services=("payments",),
        ),
        Silence(
            id="5f1c",
            label="payments",
            matchers=('alertname="PaymentsSlow"',),
            by="ana",
            comment="moving the ledger",
            starts_at=now - 600,
            ends_at=now + 2_400,
        ),
        Traffic(label="payments", window_s=3_600.0, requests=41_000.0, error_ratio=0.002, history_s=1_800.0),
    )
