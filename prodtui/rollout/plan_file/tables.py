"""The tables of `rollout.toml` as a person writes them. Their descriptions are the schema's and the editors'."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, StrictBool, StrictStr

from prodtui.readiness.policy_file.tables import Table, Text
from prodtui.readiness.policy_file.values import Amount, Names, Seconds

_WRITTEN = "a share of the traffic above 0 and up to 100, such as 10 or 0.5"


def _percent(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 100:
        raise ValueError(_WRITTEN)
    return float(value)


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ValueError("requests a second above 0, such as 40")
    return float(value)


Percent = Annotated[float, PlainValidator(_percent, json_schema_input_type=float)]
Rate = Annotated[float, PlainValidator(_rate, json_schema_input_type=float)]


class StageTable(Table):
    percent: Percent = Field(description="Share of the traffic on the canary, in percent.")
    lasts: Seconds | None = Field(
        default=None, alias="for", description="How long at least; only the last stage may leave it out (5m)."
    )
    every: Seconds | None = Field(
        default=None,
        description="Time between two samples; by default 30s in a stage of up to 5m, 1m up to 30m, else 2m.",
    )


class PairTable(Table):
    canary: Text = Field(description="The canary's; {version} is the candidate.")
    stable: Text = Field(description="The stable group's; {rollback_to} is the version that one goes back to.")


class LabelTable(Table):
    name: Annotated[StrictStr, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")] = Field(
        description="Label of the service's metrics."
    )
    canary: Text = Field(description="Its value on the canary; {version} is the candidate.")
    stable: Text | None = Field(default=None, description="Its value on the stable group; all others by default.")


class GroupsTable(Table):
    tag: PairTable | None = Field(default=None, description="Tags of the registry's instances.")
    label: LabelTable | None = Field(default=None, description="A label of the metrics.")
    cluster: PairTable | None = Field(default=None, description="Clusters of Envoy.")


class HookTable(Table):
    command: Names = Field(
        description="The program and its arguments, run without a shell; {percent} {stage} {service} {version} "
        "{rollback_to} are filled in."
    )
    timeout: Seconds = Field(default=60.0, description="It has failed when it takes longer (60s).")


class CriterionTable(Table):
    promql: Text | None = Field(
        default=None, description="PromQL of one number; $group stands for what selects the group's series."
    )
    unit: StrictStr | None = Field(default=None, description='"s", "ratio", or any word.')
    most: Amount | None = Field(default=None, description="The canary's highest value.")
    least: Amount | None = Field(default=None, description="The canary's lowest value.")
    over_stable: Amount | None = Field(
        default=None, description='Share by which it may be worse than stable at the same time, such as "10%".'
    )
    floor: Amount | None = Field(default=None, description="By how much it may be worse than stable in any case.")
    hard: Amount | None = Field(default=None, description="Beyond this one sample is enough to roll back.")
    blocking: StrictBool | None = Field(default=None, description="Whether it makes a sample BAD (true).")
    skip: StrictBool = Field(default=False, description="The rollout is not held to it.")


class WatchAfterTable(Table):
    lasts: Seconds = Field(
        default=3_600.0, alias="for", description="How long the burn rate is watched after the last stage (1h)."
    )


class Root(Table):
    """A whole plan."""

    schema_: Literal["prodtui.rollout/1"] = Field(
        default="prodtui.rollout/1", alias="schema", description="This format."
    )
    name: Text | None = Field(default=None, description="How reports call it; the file's name by default.")
    environment: Text | None = Field(default=None, description="Where it may be carried out; anywhere by default.")
    service: Text = Field(description="Which service is rolled out.")
    candidate: Text | None = Field(default=None, description="Its new version; else --candidate VERSION.")
    rollback_to: Text | None = Field(
        default=None, description="The version that one goes back to; what stable runs by default."
    )
    rate: Rate | None = Field(
        default=None, description="Requests a second that the service gets; by default those it has at the start."
    )
    migration: Text | None = Field(default=None, description="The one migration that may be pending.")
    stages: tuple[StageTable, ...] | None = Field(
        default=None, description="Shares of the traffic, rising up to 100; by default 1, 10, 50 and 100 percent."
    )
    groups: GroupsTable = Field(description="How canary and stable are told apart.")
    hooks: dict[str, HookTable] = Field(
        default={}, description="What moves the traffic: advance, rollback, migrate; without, it only observes."
    )
    criteria: dict[str, CriterionTable] = Field(
        default={}, description="What the canary is held to: error_ratio, latency_p99, … as you want them, and yours."
    )
    watch_after: WatchAfterTable = Field(default=WatchAfterTable(), description="The time after the last stage.")
