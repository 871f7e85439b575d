"""The tables of `readiness.toml` as a person writes them. Their descriptions are the schema's and the editors'."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from prodtui.model.declared import Tier
from prodtui.readiness.load_rule import MOST_USERS
from prodtui.readiness.policy_file.values import (
    Amount,
    CriteriaSets,
    Day,
    Names,
    Objective,
    Points,
    Rate,
    Scale,
    Seconds,
    Share,
    Threshold,
    Weight,
)

Text = Annotated[StrictStr, Field(min_length=1)]


def _table_or_true(value: object) -> object:
    return {} if value is True else None if value is False else value


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Table(BaseModel):
    """A table with known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=False)


class VerdictTable(Table):
    fails_below: Points | None = Field(default=None, description="Score below which a service is NOT_READY (75).")
    warns_below: Points | None = Field(default=None, description="Score below which a service is WARN (90).")
    coverage: Share | None = Field(default=None, description="Share of the weight that must be known (90%).")
    override: StrictBool | None = Field(default=None, description="Whether --break-glass may exit 0 (false).")


class TierTable(Table):
    minimum: Annotated[StrictInt, Field(ge=0)] | None = Field(
        default=None, description="Instances wanted of a service of this tier."
    )
    weight: Weight | None = Field(default=None, description="Its services' weight in the environment's score.")
    required: Names | None = Field(default=None, description="Pillars that must be measured.")


class DefaultsTable(Table):
    blocking_weight: Weight | None = Field(default=None, description="Weight of a blocking check without one (2).")
    other_weight: Weight | None = Field(default=None, description="Weight of another check without one (1).")
    starting: Seconds | None = Field(
        default=None, description="A new instance leaves the count this long while it does not pass yet (60s)."
    )
    freeze_ages: Weight | None = Field(
        default=None, description="data.xid_age warns above this many autovacuum_freeze_max_age (2)."
    )
    page_severities: Names | None = Field(
        default=None, description='Severities of alerts that page (["page", "critical"]).'
    )
    recovery_margin: Share | None = Field(
        default=None, description="A recovery passes with this share of the limit to spare (5%)."
    )
    watchdog: Text | None = Field(default=None, description="The alert that always fires: the dead man's switch.")


class WindowTable(Table):
    long: Seconds = Field(description="The long window.")
    short: Seconds = Field(description="The short window, which must exceed too.")
    budget: Share = Field(description="Share of the error budget that is burnt over the long window.")


class BurnTable(Table):
    scale: Scale | None = Field(default=None, description='Every window times this; the factors stay (1, "1/60").')
    page: tuple[WindowTable, ...] | None = Field(default=None, description="Windows whose burning pages.")
    ticket: tuple[WindowTable, ...] | None = Field(default=None, description="Windows whose burning makes a ticket.")


class CheckTable(Table):
    passes: CriteriaSets | None = Field(
        default=None,
        alias="pass",
        description="Within these it passes: criteria ANDed, or sets of them ORed. Replaces `warn` too.",
    )
    warns: CriteriaSets | None = Field(
        default=None, alias="warn", description="Within these it warns, outside it fails; without, there is no WARN."
    )
    floor: Amount | None = Field(
        default=None, description="The least change that relative criteria allow; mandatory with them."
    )
    weight: Weight | None = Field(default=None, description="Weight in its pillar.")
    blocking: StrictBool | None = Field(default=None, description="Whether its FAIL alone makes a service NOT_READY.")
    freshness: Seconds | None = Field(default=None, description="Evidence older than this is UNKNOWN.")
    on_unknown: Literal["unknown", "fail"] | None = Field(
        default=None, description="What not knowing counts as; never a pass."
    )
    not_applicable: Text | None = Field(default=None, description="Why the check does not apply: it is N/A.")


class SelectorTable(Table):
    services: Names = Field(default=(), description="Services of any of these names.")
    tiers: tuple[Tier, ...] = Field(default=(), description="Services of any of these tiers.")
    tags: Names = Field(default=(), description="Services with any of these tags in the registry.")


class SloTable(Table):
    objective: Objective = Field(description='The share of requests that must succeed, such as "99.9%".')
    period: Seconds = Field(default=30 * 86_400.0, description="Over how long (30d).")


Checks = dict[str, dict[str, CheckTable]]


class RuleTable(SelectorTable):
    slo: SloTable | None = Field(default=None, description="The objective that burn rates follow from.")
    checks: Checks = Field(default={}, description="Checks that differ for these services.")


class CustomTable(SelectorTable):
    id: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")] = Field(
        description="`pillar.name`, not a built-in one."
    )
    title: Text = Field(description="What it says when it passes.")
    promql: Text | None = Field(default=None, description="PromQL that gives one number; `$service` is filled in.")
    sql: Text | None = Field(
        default=None, description="SQL that gives one number; `$service` becomes a quoted literal."
    )
    source: Text | None = Field(default=None, description="Which source is asked; else any that can be.")
    database: Text | None = Field(default=None, description="SQL: the database it runs in.")
    unit: StrictStr = Field(default="", description='"s", "ratio", or any word.')
    passes: CriteriaSets = Field(alias="pass", description="Within these it passes.")
    warns: CriteriaSets | None = Field(default=None, alias="warn", description="Within these it warns.")
    floor: Amount | None = Field(default=None, description="The least change that relative criteria allow.")
    weight: Weight | None = Field(default=None, description="Weight in its pillar.")
    blocking: StrictBool = Field(default=False, description="Whether its FAIL alone makes a service NOT_READY.")
    remedy: StrictStr = Field(default="", description="What to do when it does not pass.")


class WaiverTable(Table):
    id: Text = Field(description="How it is referred to; unique.")
    check: Text = Field(description="The check that is waived; no wildcards.")
    service: Text = Field(description="Of which service; no wildcards.")
    environment: Text = Field(description="In which environment; no wildcards.")
    reason: Text = Field(description="Why.")
    ticket: Text = Field(description="Where the failure is worked on.")
    owner: Text = Field(description="Who answers for it.")
    approved_by: StrictStr = Field(default="", description="Who agreed; mandatory and not the owner where it blocks.")
    created: Day = Field(description="The first day.")
    expires: Day = Field(description="The last day: at most 30 days on, 7 for a blocking check.")


class ReleaseTable(Table):
    version: Text | None = Field(default=None, description="Which version the working tree is of.")
    version_file: Text | None = Field(default=None, description="A file whose first line is the version.")
    version_variable: Text | None = Field(default=None, description="A variable that holds the version, if set.")


class TlsTable(Table):
    server_name: Text | None = Field(default=None, description="The name that is asked for; the service's by default.")
    ca_file: Text | None = Field(default=None, description="Authorities to trust; the system's by default.")
    port: Annotated[StrictInt, Field(ge=1, le=65_535)] | None = Field(
        default=None, description="The port of the handshake; the instance's own by default."
    )


class MigrationsTable(Table):
    database: Text = Field(description="Where the applied migrations are listed.")
    applied: Text = Field(description="SQL whose first column lists them.")
    expected: Names | None = Field(default=None, description="The versions that must be applied.")
    files: Text | None = Field(
        default=None, description="A glob of files; names up to the first `_` are the versions that must be applied."
    )


class CodeTable(Table):
    paths: Names | None = Field(default=None, description="The release's production tree.")
    exclude: Names = Field(default=(), description="Globs that are no production code.")
    report: Text | None = Field(default=None, description="What `prodtui scan --format json` wrote instead.")


class ServiceTable(Table):
    tls: Annotated[TlsTable | None, BeforeValidator(_table_or_true, json_schema_input_type=bool | TlsTable)] = Field(
        default=None, description="Shake hands with every instance; true, or how."
    )
    protected: Names = Field(default=(), description="Paths that must refuse an unauthenticated GET (401 or 403).")
    admin: Names = Field(default=(), description="Paths that must not answer an unauthenticated GET with 2xx.")
    database_role: StrictBool = Field(default=True, description="Whether the database role is judged.")
    database_tls: StrictBool = Field(default=False, description="Whether its database sessions must be encrypted.")
    environment_file: Text | None = Field(default=None, description="The release's environment file.")
    required: Names = Field(default=(), description="Keys that must be there and no placeholders.")
    limits: dict[str, CriteriaSets] = Field(default={}, description="Keys whose number must be within criteria.")
    migrations: MigrationsTable | None = Field(default=None, description="Which migrations must be applied.")
    code: CodeTable | None = Field(default=None, description="The production code that is scanned.")


class StageTable(Table):
    duration: Seconds = Field(description="How long it takes to get there.")
    users: Annotated[StrictInt, Field(ge=0, le=MOST_USERS)] | None = Field(
        default=None, description="Users at its end."
    )
    rate: Rate | None = Field(default=None, description='Requests a second at its end, such as "200/s".')


class LoadTable(Table):
    target: Text | None = Field(default=None, description="The URL that is sent to; nowhere else is.")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] | None = Field(
        default=None, description="Method of the request (GET)."
    )
    headers: dict[str, StrictStr] = Field(
        default={}, description="Headers; `${NAME}` stands for a variable of whoever runs it, as a secret must."
    )
    header_files: dict[str, Text] = Field(default={}, description="Headers whose value is in a file.")
    body: StrictStr | None = Field(default=None, description="Body of the request.")
    users: Annotated[StrictInt, Field(ge=1, le=MOST_USERS)] | None = Field(
        default=None, description="Users at the same time (1); with a rate at most so many (a second's requests)."
    )
    iterations: Annotated[StrictInt, Field(ge=1)] | None = Field(default=None, description="Requests of each user.")
    duration: Seconds | None = Field(default=None, description="How long users, or a rate, go on.")
    rate: Rate | None = Field(
        default=None, description='Requests a second whatever the answers, such as "200/s"; with a duration.'
    )
    ramp: tuple[StageTable, ...] | None = Field(
        default=None, description="Stages that rise and fall, each to so many users or to a rate."
    )
    limit: Seconds | None = Field(default=None, description="The longest that iterations may take (10m).")
    timeout: Seconds | None = Field(default=None, description="How long one request may take (60s).")
    thresholds: tuple[Threshold, ...] | None = Field(
        default=None, description='What must hold (["p99 < 1s", "errors < 1%"]): p50, p95, p99, avg, errors, rate.'
    )
    service: Text | None = Field(default=None, description="Which service its checks judge; without, none.")
    script: Text | None = Field(default=None, description="A k6 script instead of a target, relative to this file.")
    hosts: Names = Field(default=(), description="Hosts that the script may send to; nowhere else is sent.")
    variables: Names = Field(default=(), description="Variables that are handed on to the script.")
    max_rate: Rate | None = Field(default=None, description='A ceiling that nothing goes over ("10000/s").')
    max_age: Seconds | None = Field(default=None, description="How long a run counts for the checks (7d).")


class Root(Table):
    """A whole policy."""

    schema_: Literal["prodtui.readiness/1"] = Field(
        default="prodtui.readiness/1", alias="schema", description="This format."
    )
    name: Text | None = Field(default=None, description="How reports call the policy.")
    extends: Annotated[Names, BeforeValidator(_listed, json_schema_input_type=str | list[str])] = Field(
        default=(), description="Policies that this one stands on, relative to it; later ones win, this one last."
    )
    retired: Names = Field(default=(), description="Services that may be gone.")
    verdict: VerdictTable = Field(default=VerdictTable(), description="Limits of the verdict.")
    pillars: dict[str, Weight] = Field(default={}, description="Weights of the pillars.")
    tiers: dict[Tier, TierTable] = Field(default={}, description="What is wanted by tier.")
    defaults: DefaultsTable = Field(default=DefaultsTable(), description="What checks have that say nothing else.")
    burn: BurnTable = Field(default=BurnTable(), description="Windows from which burn rates follow.")
    checks: Checks = Field(default={}, description="Checks that differ, everywhere: [checks.PILLAR.NAME].")
    rules: tuple[RuleTable, ...] = Field(default=(), description="What differs for some services; later rules win.")
    custom: tuple[CustomTable, ...] = Field(default=(), description="Checks of your own.")
    waivers: tuple[WaiverTable, ...] = Field(default=(), description="Failures that somebody answers for, for a while.")
    release: ReleaseTable = Field(default=ReleaseTable(), description="Which version the working tree is of.")
    services: dict[str, ServiceTable] = Field(default={}, description="What is read of a service beyond the usual.")
    load: dict[str, LoadTable] = Field(default={}, description="Loads that `prodtui load NAME` may run.")
