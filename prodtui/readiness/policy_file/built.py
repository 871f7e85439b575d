"""From the tables that a person wrote to the policy that checks are held against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from prodtui.model.asks import CodeAsk, Language, ServiceAsks, TlsAsk
from prodtui.model.assessment import State
from prodtui.model.declared import Tier
from prodtui.model.toml_keys import KeyPath, dotted
from prodtui.readiness.check import Check
from prodtui.readiness.criteria import Limits
from prodtui.readiness.load_rule import LoadRule, LoadStage
from prodtui.readiness.policy import CheckRule, Custom, Place, Policy, Rule, Selector, ServicePart
from prodtui.readiness.policy_file.files import Merged
from prodtui.readiness.policy_file.tables import (
    BurnTable,
    Checks,
    CheckTable,
    CodeTable,
    CustomTable,
    LoadTable,
    Root,
    SelectorTable,
    ServiceTable,
    TierTable,
    TlsTable,
    WaiverTable,
    WindowTable,
)
from prodtui.readiness.slo import DEFAULT_BURN, Burn, BurnWindow, Slo
from prodtui.readiness.waiver import Waiver

T = TypeVar("T")


def policy_of(root: Root, merged: Merged, builtin: Mapping[str, Check], version: str | None) -> Policy:
    """The policy of tables that agree with each other."""
    default = Policy()
    verdict, defaults = root.verdict, root.defaults
    tiers = {tier: root.tiers.get(tier, TierTable()) for tier in Tier}
    customs = tuple(custom_of(table) for table in root.custom)
    own = {**{check.id: check.limits for check in builtin.values()}, **{each.id: each.limits for each in customs}}
    checks = rules_of(root.checks, own)
    declared = {**own, **{check: rule.limits for check, rule in checks.items() if rule.limits is not None}}
    return Policy(
        name=root.name or default.name,
        path=merged.path or None,
        digest=merged.digest,
        places=_places(merged, root),
        pillar_weights={**default.pillar_weights, **root.pillars},
        required={tier: _given(tiers[tier].required, default.required[tier]) for tier in Tier},
        fails_below=_given(verdict.fails_below, default.fails_below),
        warns_below=_given(verdict.warns_below, default.warns_below),
        coverage_from=_given(verdict.coverage, default.coverage_from),
        override=_given(verdict.override, default.override),
        tier_minimum={tier: _given(tiers[tier].minimum, default.tier_minimum[tier]) for tier in Tier},
        tier_weights={tier: _given(tiers[tier].weight, default.tier_weights[tier]) for tier in Tier},
        blocking_weight=_given(defaults.blocking_weight, default.blocking_weight),
        other_weight=_given(defaults.other_weight, default.other_weight),
        starting_s=_given(defaults.starting, default.starting_s),
        freeze_ages=float(_given(defaults.freeze_ages, Fraction(default.freeze_ages))),
        page_severities=_given(defaults.page_severities, default.page_severities),
        watchdog=_given(defaults.watchdog, default.watchdog),
        recovery_margin=float(_given(defaults.recovery_margin, Fraction(default.recovery_margin))),
        burn=_burn(root.burn),
        retired=frozenset(root.retired),
        checks=checks,
        rules=tuple(
            Rule(
                selector=selector_of(rule),
                checks=rules_of(rule.checks, declared),
                slo=Slo(objective=rule.slo.objective, period_s=rule.slo.period) if rule.slo else None,
            )
            for rule in root.rules
        ),
        customs=customs,
        waivers=tuple(map(waiver_of, root.waivers)),
        services={name: _service(table, merged, ("services", name)) for name, table in root.services.items()},
        version=version,
        loads={name: _load(name, table, merged) for name, table in root.load.items()},
    )


def limits_of(table: CheckTable, below: Limits | None) -> Limits | None:
    """The limits that a table gives; `below` are those that hold without it. None: it gives none.

    `pass` replaces both criteria; `warn` or `floor` alone change only themselves.
    """
    if table.passes is None and table.warns is None and table.floor is None:
        return None
    floor = table.floor if table.floor is not None else below.floor if below else 0.0
    if table.passes is not None:
        return Limits(passes=table.passes, warns=table.warns, floor=floor)
    if below is None:
        return None
    return Limits(passes=below.passes, warns=table.warns or below.warns, floor=floor)


def rules_of(tables: Checks, below: Mapping[str, Limits | None]) -> dict[str, CheckRule]:
    """What tables by pillar and name say of checks, by id; `below` are the limits that hold without them."""
    return {
        f"{pillar}.{name}": CheckRule(
            weight=table.weight,
            blocking=table.blocking,
            limits=limits_of(table, below.get(f"{pillar}.{name}")),
            freshness_s=table.freshness,
            on_unknown=State.FAIL if table.on_unknown == "fail" else State.UNKNOWN,
            not_applicable=table.not_applicable or "",
        )
        for pillar, named in tables.items()
        for name, table in named.items()
    }


def custom_of(table: CustomTable) -> Custom:
    """A check of the policy's own."""
    language = Language.SQL if table.promql is None else Language.PROMQL
    return Custom(
        id=table.id,
        title=table.title,
        language=language,
        query=table.promql or table.sql or "",
        limits=Limits(passes=table.passes, warns=table.warns, floor=table.floor or 0.0),
        source=table.source or "",
        database=table.database or "",
        unit=table.unit,
        weight=table.weight,
        blocking=table.blocking,
        remedy=table.remedy,
        selector=selector_of(table),
    )


def selector_of(table: SelectorTable) -> Selector:
    """Which services a table is about."""
    return Selector(services=table.services, tiers=table.tiers, tags=table.tags)


def waiver_of(table: WaiverTable) -> Waiver:
    """A waiver, from the start of its first day to the end of its last in UTC."""
    return Waiver(
        id=table.id,
        check=table.check,
        service=table.service,
        environment=table.environment,
        reason=table.reason,
        ticket=table.ticket,
        owner=table.owner,
        approved_by=table.approved_by,
        created=_midnight(table.created),
        expires=_midnight(table.expires + timedelta(days=1)),
    )


def resolved(merged: Merged, key: KeyPath, name: str) -> str:
    """The absolute path of a file that the policy names, relative to the file that says so."""
    return str((Path(merged.place(key).path).parent / name).absolute())


def _service(table: ServiceTable, merged: Merged, key: KeyPath) -> ServicePart:
    def path(name: str | None, *below: str | int) -> str:
        return resolved(merged, (*key, *below), name) if name else ""

    migrations = table.migrations
    return ServicePart(
        asks=ServiceAsks(
            tls=_tls(table.tls, path(table.tls.ca_file, "tls", "ca_file")) if table.tls else None,
            protected=table.protected,
            admin=table.admin,
            environment_file=path(table.environment_file, "environment_file"),
            keys=tuple(dict.fromkeys((*table.required, *table.limits))),
            limited=tuple(table.limits),
            migration_files=path(migrations.files, "migrations", "files") if migrations else "",
            migrations_expected=(migrations.expected or ()) if migrations else (),
            code=_code(table.code, merged, (*key, "code")) if table.code else None,
        ),
        required=table.required,
        limits=table.limits,
        database_role=table.database_role,
        database_tls=table.database_tls,
        migrations=(migrations.database, migrations.applied) if migrations else None,
    )


def _load(name: str, table: LoadTable, merged: Merged) -> LoadRule:
    key, default = ("load", name), LoadRule(name=name)
    return LoadRule(
        name=name,
        target=table.target or "",
        method=_given(table.method, default.method),
        headers=table.headers,
        header_files={
            header: resolved(merged, (*key, "header_files", header), file)
            for header, file in table.header_files.items()
        },
        body=_given(table.body, default.body),
        users=table.users,
        iterations=table.iterations,
        duration_s=table.duration,
        rate_per_s=table.rate,
        ramp=tuple(
            LoadStage(duration_s=stage.duration, users=stage.users, rate_per_s=stage.rate) for stage in table.ramp or ()
        ),
        limit_s=_given(table.limit, default.limit_s),
        timeout_s=_given(table.timeout, default.timeout_s),
        thresholds=_given(table.thresholds, default.thresholds),
        service=_given(table.service, default.service),
        script=resolved(merged, (*key, "script"), table.script) if table.script else "",
        hosts=table.hosts,
        variables=table.variables,
        max_rate_per_s=_given(table.max_rate, default.max_rate_per_s),
        max_age_s=_given(table.max_age, default.max_age_s),
    )


def _tls(table: TlsTable, ca_file: str) -> TlsAsk:
    return TlsAsk(server_name=table.server_name or "", ca_file=ca_file, port=table.port)


def _code(table: CodeTable, merged: Merged, key: KeyPath) -> CodeAsk:
    paths = table.paths or ()
    return CodeAsk(
        paths=tuple(resolved(merged, (*key, "paths", index), name) for index, name in enumerate(paths)),
        exclude=table.exclude,
        report=resolved(merged, (*key, "report"), table.report) if table.report else "",
    )


def _burn(table: BurnTable) -> Burn:
    return Burn(
        page=DEFAULT_BURN.page if table.page is None else tuple(map(_window, table.page)),
        ticket=DEFAULT_BURN.ticket if table.ticket is None else tuple(map(_window, table.ticket)),
        scale=_given(table.scale, DEFAULT_BURN.scale),
    )


def _window(table: WindowTable) -> BurnWindow:
    return BurnWindow(long_s=table.long, short_s=table.short, budget=float(table.budget))


def _places(merged: Merged, root: Root) -> dict[str, Place]:
    """Every key by its dotted name; besides checks, customs, waivers and what a rule says of a check by their ids."""
    places = {dotted(path): place for path, place in merged.origins.items()}
    for index, custom in enumerate(root.custom):
        places[custom.id] = merged.place(("custom", index))
    for pillar, named in root.checks.items():
        places |= {f"{pillar}.{name}": merged.place(("checks", pillar, name)) for name in named}
    for index, rule in enumerate(root.rules):
        for pillar, named in rule.checks.items():
            places |= {
                f"rule:{index}:{pillar}.{name}": merged.place(("rules", index, "checks", pillar, name))
                for name in named
            }
    for index, waiver in enumerate(root.waivers):
        places[f"waiver:{waiver.id}"] = merged.place(("waivers", index))
    return places


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


def _given(value: T | None, default: T) -> T:
    return default if value is None else value
