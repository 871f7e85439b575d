"""A load as it goes: users, requests/s, latency, errors, thresholds, and what saturated first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prodtui.model.load import LoadProgress, LoadVerdict, Saturated, Threshold, Tick
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run, clipped, cut, length, line_length
from prodtui.ui.rows.sign import BAD, GOOD, UNKNOWN, Sign

BADGES = {
    LoadVerdict.MET: "READY",
    LoadVerdict.NOT_MET: "NOT_READY",
    LoadVerdict.STOPPED: "WARN",
    LoadVerdict.NOT_MEASURED: "INCONCLUSIVE",
}
MOST_SATURATED = 6
LABEL = 8
"""Cells of an axis' label, `1,284 `."""
BESIDE = 64
"""From this width on the plots stand beside one another."""
LEAST_PLOT, TALLEST_PLOT = 3, 14
"""Lines of a plot with its title and axis."""
_HELD = {True: "holds so far", False: "does not hold", None: "not measured yet"}
_JUDGED = {True: "met", False: "not met", None: "not measured"}
_SIGNS = {True: GOOD, False: BAD, None: UNKNOWN}


def header(progress: LoadProgress | None, environment: Run, now: float, width: int) -> tuple[Line, Line]:
    """Environment, load and how far it is; the clock at the right. What is sent where goes first where it is narrow."""
    right: Line = ((fmt.clock(now), ""), (" ", ""))
    left: Line = ((" ", ""), ("prodtui", "strong accent"), ("  ", ""), environment, ("  ", ""))
    if progress is None:
        return (*left, ("looking…", "dim")), right
    left = (*left, (f"load {progress.name}", "strong"), ("  ", ""), *state(progress, now))
    sent: Line = (("  ", ""), (f"{progress.plan} → {progress.service or progress.target}", "dim"))
    room = width - line_length(left) - line_length(right) - 3
    return ((*left, *clipped(sent, room)) if room > 12 else left), right


def state(progress: LoadProgress, now: float) -> Line:
    """` RUNNING  12 s of 30 s`, and the verdict once it is over."""
    if progress.run is not None:
        verdict = progress.run.verdict
        return ((f" {verdict.value.replace('_', ' ')} ", BADGES[verdict]),)
    if progress.began is None:
        return (("looking at the environment first", "dim"),)
    spent = fmt.age(now - progress.began)
    most = "" if progress.length_s is None else f" of {fmt.age(progress.length_s)}"
    return (("RUNNING", "strong accent"), (f"  {spent}{most}", ""))


def lead(progress: LoadProgress, most: int = MOST_SATURATED) -> tuple[Line, ...]:
    """What saturated first, in which order the rest followed; and what is to be known of the load."""
    lines: list[Line] = []
    for place, one in enumerate(progress.saturated[:most]):
        lines.append(_saturated(one, progress.began or one.at, first=place == 0))
    if not lines:
        over = "nothing that the sources see" if progress.run is not None else "nothing so far"
        lines.append((("SATURATED FIRST ", "strong"), (over, "dim")))
    if len(progress.saturated) > most:
        lines.append(((f"{'':16}and {len(progress.saturated) - most} more", "dim"),))
    if progress.run is not None and progress.run.reason:
        lines.append(((progress.run.reason, ""),))
    elif progress.remark:
        lines.append(((progress.remark, "warn"),))
    return tuple(lines)


def sheet(progress: LoadProgress, width: int, height: int) -> list[Line]:
    """The numbers of the last second (of the whole once it is over), the thresholds, and the plots in what is left."""
    lines = [*_numbers(progress, width), (), *_thresholds(progress)]
    room = height - len(lines) - 1
    if room < LEAST_PLOT:
        return _with_trends(lines, progress, width)
    ticks = progress.ticks
    plots: list[tuple[str, list[float | None], Callable[[float], str]]] = [
        ("requests/s", [tick.rate_per_s for tick in ticks], fmt.rate),
        ("p99", [tick.p99_s for tick in ticks], fmt.duration),
    ]
    if width >= BESIDE:
        half, room = width // 2 - 1, min(room, TALLEST_PLOT)
        left, right = (_plot(*plot, ticks, half, room) for plot in plots)
        beside = [
            (*_filled(one, half), ("  ", ""), *other)
            for one, other in zip(left or [()] * len(right), right or [()] * len(left), strict=False)
        ]
        return [*lines, (), *beside]
    if room < 2 * LEAST_PLOT:
        return [*lines, (), *_plot(*plots[1], ticks, width, room)]
    each = min(room // 2, TALLEST_PLOT)
    return [*lines, (), *(line for plot in plots for line in _plot(*plot, ticks, width, each))]


def lines_wanted(progress: LoadProgress | None) -> int:
    """Lines that the numbers and thresholds take without any plot, the title among them."""
    return 6 if progress is None else 6 + len(progress.run.thresholds if progress.run else progress.thresholds)


def heading(progress: LoadProgress | None) -> Line:
    """The title of the numbers."""
    if progress is None or progress.run is None:
        return (("Load", "strong"), (" last second", "dim"))
    return (("Load", "strong"), (" whole run", "dim"))


def _numbers(progress: LoadProgress, width: int) -> list[Line]:
    run, tick = progress.run, progress.ticks[-1] if progress.ticks else None
    users = None if tick is None else tick.users
    if run is not None:
        requests, rate, errors = run.requests, run.rate_per_s, run.error_ratio
        slow = [("average", run.avg_s), ("p95", run.p95_s), ("p99", run.p99_s)]
    else:
        requests = 0 if tick is None else tick.requests
        rate, errors = (None, None) if tick is None else (tick.rate_per_s, tick.error_ratio)
        slow = [] if tick is None else [("p50", tick.p50_s), ("p95", tick.p95_s), ("p99", tick.p99_s)]
    # k6 tells of no users where a rate is kept.
    told = ("", "") if tick is not None and users is None else ("users", "?" if users is None else f"{users:,}")
    left = (told, ("requests/s", fmt.rate(rate)),
            ("requests", f"{requests:,}"))  # fmt: skip
    right = [(name, fmt.duration(value)) for name, value in slow or [("p50", None), ("p95", None), ("p99", None)]]
    # Numbers stand under one another; what an error costs is never in the middle of a row.
    name, value, gap = 12, 10, 6 if width >= 48 else 2
    lines: list[Line] = [
        ((f" {a:<{name}}", "dim"), (f"{b:>{value}}", "strong"), (f"{'':{gap}}{c:<9}", "dim"), (f"{d:>9}", "strong"))
        for (a, b), (c, d) in zip(left, right, strict=True)
    ]
    style = "strong bad" if errors else "strong"
    lines.append(((f" {'errors':<{name}}", "dim"), (f"{fmt.percent(errors):>{value}}", style)))
    return lines


def _thresholds(progress: LoadProgress) -> list[Line]:
    given = progress.run.thresholds if progress.run is not None else progress.thresholds
    words = _JUDGED if progress.run is not None else _HELD
    return [_threshold(each, words[each.ok], max(length(one.expr) for one in given)) for each in given]


def _threshold(threshold: Threshold, word: str, width: int) -> Line:
    sign: Sign = _SIGNS[threshold.ok]
    return (
        (" ", ""),
        (sign.glyph, sign.style),
        (f" {threshold.expr:<{width}}", ""),
        (f"  {word}", sign.value_style or "dim"),
    )


def _with_trends(lines: list[Line], progress: LoadProgress, width: int) -> list[Line]:
    """The numbers with a trend beside the rate and the p99, where there is no room for plots."""
    room = width - line_length(lines[1]) - 4
    if room < 10:
        return lines
    rates, slow = ([getattr(tick, name) for tick in progress.ticks] for name in ("rate_per_s", "p99_s"))
    drawn = {1: fmt.sparkline(rates, room), 2: fmt.sparkline(slow, room)}
    return [(*line, ("  ", ""), (drawn.get(place, ""), "accent")) for place, line in enumerate(lines)]


def _saturated(one: Saturated, began: float, *, first: bool) -> Line:
    """`SATURATED FIRST pool payments-db 10 of 10 used, 34 waiting  after 4 s at 400 users`."""
    when = "already before it began" if one.already else f"after {fmt.age(max(0.0, one.at - began))}"
    load = "" if one.users is None or one.already else f" at {one.users:,} users"
    load += "" if one.rate_per_s is None or one.already else f", {fmt.rate(one.rate_per_s)}/s"
    return (
        ("SATURATED FIRST " if first else f"{'then':>15} ", "strong" if first else "dim"),
        (f"{one.kind} ", "dim"),
        (one.name, "strong bad" if first else "strong"),
        (f"  {one.what}", "" if first else "dim"),
        (f"  {when}{load}", "dim"),
    )


def _plot(
    name: str,
    values: Sequence[float | None],
    said: Callable[[float], str],
    ticks: Sequence[Tick],
    width: int,
    height: int,
) -> list[Line]:
    """The values as columns: a title, the bars with their axis, and from when to when."""
    known = [value for value in values if value is not None]
    room, bars = width - LABEL - 2, height - 2
    title: Line = ((" ", ""), (name, "strong"), (f" highest {said(max(known))}" if known else " not known yet", "dim"))
    if not known or room < 10 or bars < 1:
        return [title][:height]
    top = max([*known, 1e-9])
    # Each second has as many cells as its share of the width comes to; where there are more seconds, the worst of some.
    points = fmt.columns(values, min(room, len(values)))
    drawn = fmt.plot([points[cell * len(points) // room] for cell in range(room)], room, bars, top)
    labels = {0: said(top), bars - 1: "0"} if bars > 1 else {0: said(top)}
    lines: list[Line] = [
        ((f" {cut(labels.get(place, ''), LABEL - 1):>{LABEL - 1}} ", "dim"), ("▏", "rule"), (row, "accent"))
        for place, row in enumerate(drawn)
    ]
    first = f"{max(0.0, ticks[0].elapsed_s - 1):.0f} s"
    last = f"{ticks[-1].elapsed_s:.0f} s"
    axis: Line = ((f"{'':{LABEL + 1}}{first}{last:>{max(1, room - length(first))}}", "dim"),)
    return [title, *lines, axis]


def _filled(line: Line, width: int) -> Line:
    kept = clipped(line, width)
    return (*kept, (" " * (width - line_length(kept)), ""))
