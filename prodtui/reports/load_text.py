"""Loads as text: what is declared, how one goes, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodtui.model.load import LoadProgress, LoadRun, LoadVerdict, Saturated, Threshold
from prodtui.readiness import words
from prodtui.readiness.load_rule import LoadRule
from prodtui.reports.fields import clock, one_line
from prodtui.reports.words import latency, table
from prodtui.reports.words import words as plainly

GLYPHS = {LoadVerdict.MET: "●", LoadVerdict.NOT_MET: "✖", LoadVerdict.STOPPED: "▲", LoadVerdict.NOT_MEASURED: "?"}
SHOWN = 8
"""What saturated is told of so many."""
_NONE_DECLARED = (
    "No load is declared. A policy declares one:\n\n"
    '[load.checkout]\ntarget = "https://shop.example/checkout"\nusers = 50\nduration = "60s"\n'
)


def declared_text(loads: Mapping[str, LoadRule], plans: Mapping[str, str], last: Mapping[str, LoadRun]) -> str:
    """Every declared load, how much it sends (`plans`), and what came of its last run."""
    if not loads:
        return _NONE_DECLARED
    rows = []
    for name, rule in loads.items():
        run = last.get(name)
        was = "never run" if run is None else f"{GLYPHS[run.verdict]} {plainly(run.verdict)} {clock(run.at)}"
        thresholds = ", ".join(threshold.expr for threshold in rule.thresholds)
        where = rule.target or f"{', '.join(rule.hosts)} by {rule.script}"
        rows.append(tuple(map(one_line, (name, where, plans[name], thresholds, rule.service, was))))
    return "\n".join(table(("load", "to", "sends", "thresholds", "judges", "last run"), rows)) + "\n"


def result_text(run: LoadRun) -> str:
    """The verdict, and the table behind it."""
    of = f" ({' '.join(filter(None, (run.service, run.version)))})" if run.service else ""
    lines = [
        f"{GLYPHS[run.verdict]} {run.name}: {plainly(run.verdict)}"
        + (f": {one_line(run.reason)}" if run.reason else ""),
        f"  {one_line(run.target + of)}, by {run.engine or 'no engine'}",
        "",
    ]
    rate = "?" if run.rate_per_s is None else f"{words.number(run.rate_per_s)}/s"
    errors = "?" if run.error_ratio is None else words.percent(run.error_ratio)
    numbers = (
        ("requests", f"{run.requests:,}", "average", latency(run.avg_s)),
        ("duration", words.seconds(run.duration_s), "p95", latency(run.p95_s)),
        ("throughput", rate, "p99", latency(run.p99_s)),
        ("errors", errors, "", ""),
    )
    lines += [f"  {a:<12}{b:>10}    {c:<9}{d:>9}".rstrip() for a, b, c, d in numbers]
    lines += ["", *(f"  {threshold_text(each)}" for each in run.thresholds), ""]
    lines += saturated_lines(run.saturated, run.at)
    return "\n".join(lines) + "\n"


def saturated_lines(found: Sequence[Saturated], began: float, *, most: int | None = SHOWN) -> list[str]:
    """What ran out, the first one first."""
    if not found:
        return ["  saturated first: nothing that the sources see"]
    shown = found[:most]
    lines = [
        f"  {'saturated first:' if place == 0 else 'then:':<16} {one_line(one.told)}{_when(one, began)}"
        for place, one in enumerate(shown)
    ]
    return [*lines, f"  and {len(found) - len(shown)} more"] if len(found) > len(shown) else lines


def threshold_text(threshold: Threshold) -> str:
    """`● p99 < 1s`."""
    sign = {True: "●", False: "✖", None: "?"}[threshold.ok]
    return f"{sign} {one_line(threshold.expr)}"


def progress_line(progress: LoadProgress) -> str:
    """One line of how it goes."""
    tick = progress.ticks[-1]
    rate = "?" if tick.rate_per_s is None else words.number(tick.rate_per_s)
    errors = "?" if tick.error_ratio is None else words.percent(tick.error_ratio)
    failing = [each.expr for each in progress.thresholds if each.ok is False]
    parts = (
        f"{tick.elapsed_s:4.0f} s",
        *(() if tick.users is None else (f"{words.number(tick.users)} users",)),
        f"{rate} requests/s",
        f"p50 {latency(tick.p50_s)}",
        f"p95 {latency(tick.p95_s)}",
        f"p99 {latency(tick.p99_s)}",
        f"errors {errors}",
        f"{tick.requests:,} requests",
        *(f"✖ {one_line(expr)}" for expr in failing),
    )
    return "  ".join(parts)


def _when(one: Saturated, began: float) -> str:
    if one.already:
        return ""
    load = "" if one.users is None else f", at {one.users:,} users"
    load += "" if one.rate_per_s is None else f" and {words.number(one.rate_per_s)} requests/s"
    return f" ({words.seconds(max(0.0, one.at - began))} after it began{load})"
