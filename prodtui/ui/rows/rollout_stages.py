"""The stages of a rollout as a bar, and its samples as a strip."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from prodtui.model.rollout import Judged, Phase, Rollout, Sample
from prodtui.model.rollout_progress import (
    lasts_s,
    left_s,
    place,
    samples_due,
    share,
    stage_samples,
    tally,
    watches,
)
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run, clipped, fitted
from prodtui.ui.rows.rollout import ink, percent
from prodtui.ui.rows.sign import BAD, GOOD, UNKNOWN, Sign

NARROWEST = 8
"""Cells of a stage, however short it is: `✓ 100 %`."""
STRIP_LABEL = 7
"""Cells of a stage's name beside its samples: ` 10 %  `."""
OF_JUDGED = {Judged.OK: GOOD, Judged.BAD: BAD, Judged.NODATA: UNKNOWN}
_DONE, _NOW, _FULL, _REST, _DUE = "✓", "›", "█", "░", "·"


class Section(NamedTuple):
    """A part of the bar."""

    name: str
    lasts_s: float


def sections(rollout: Rollout) -> list[Section]:
    """The stages, then the time after the last one; the one that it is in with what it was extended by."""
    found = [Section(f"{stage.percent:g} %", stage.duration_s) for stage in rollout.plan.stages]
    if rollout.plan.watched_after_s > 0:
        found.append(Section("watched", rollout.plan.watched_after_s))
    at = min(place(rollout), len(found) - 1)
    found[at] = found[at]._replace(lasts_s=lasts_s(rollout))
    return found


def heading(rollout: Rollout, now: float) -> Line:
    """`Stages 10 % · 17 min left · extended once`; and where the traffic is, while that is not where it is to be."""
    parts = [percent(rollout) + (", all stages are over" if watches(rollout) else "")]
    left = left_s(rollout, now)
    if left is not None:
        parts.append(f"{fmt.age(left)} left")
    if rollout.extended:
        parts.append("extended once" if rollout.extended == 1 else f"extended {rollout.extended}×")
    line: Line = (("Stages", "strong"), (f" {' · '.join(parts)}", ""))
    if rollout.plan.observes or rollout.percent == rollout.plan.stages[rollout.stage].percent:
        return line
    return (*line, (" · ", "dim"), (f"traffic at {rollout.percent:g} %", "warn"))


def bar(rollout: Rollout, now: float, width: int) -> list[Line]:
    """Names, bar and lengths of the stages, each as wide as it is long."""
    found = sections(rollout)
    cells = widths([section.lasts_s for section in found], width)
    at = min(place(rollout), len(found) - 1)
    names: list[Run] = []
    drawn: list[Run] = []
    lengths: list[Run] = []
    for n, (section, room) in enumerate(zip(found, cells, strict=True)):
        over = n < at or rollout.phase is Phase.PROMOTED
        style = "good" if over else ink(rollout) if n == at else "rule"
        mark = _DONE if over else _now(rollout) if n == at else " "
        names += [(fitted(f"{mark} {section.name}", room), f"strong {style}" if n == at else "" if over else "dim")]
        full = room if over else round(share(rollout, now) * room) if n == at else 0
        if n == at and not over:
            full = min(room - 1, max(1, full))
        drawn += [(_FULL * full, style), (_REST * (room - full), "rule")]
        lengths += [(fitted(fmt.planned(section.lasts_s), room), "dim")]
        if n < len(found) - 1:
            for line in (names, drawn, lengths):
                line.append((" ", ""))
    return [tuple(names), tuple(run for run in drawn if run[0]), tuple(lengths)]


def _now(rollout: Rollout) -> str:
    """The mark of the stage that it is in."""
    match rollout.phase:
        case Phase.ROLLED_BACK | Phase.FAILED:
            return BAD.glyph
        case Phase.HELD:
            return UNKNOWN.glyph
        case _:
            return _NOW


def widths(lasts_s: Sequence[float], width: int) -> list[int]:
    """Cells for sections in a width, with one blank between: the narrowest, and of the rest by their length."""
    room = max(len(lasts_s), width - (len(lasts_s) - 1))
    least = max(1, min(NARROWEST, room // len(lasts_s)))
    rest = room - least * len(lasts_s)
    lengths = lasts_s if sum(lasts_s) > 0 else [1.0] * len(lasts_s)
    cells = [least + int(rest * length / sum(lengths)) for length in lengths]
    cells[max(range(len(cells)), key=lambda n: lengths[n])] += room - sum(cells)
    return cells


# The samples


def strip_heading(rollout: Rollout) -> Line:
    """`Samples 12 of 30, every 1 min · 11 OK · 1 BAD`."""
    seen, every_s = tally(stage_samples(rollout)), rollout.plan.stages[rollout.stage].every_s
    line: list[Run] = [
        ("Samples", "strong"),
        (f" {seen.total} of {max(seen.total, samples_due(rollout))}", ""),
        (f", every {fmt.planned(every_s)}", "dim"),
    ]
    for count, word, sign in ((seen.ok, "OK", GOOD), (seen.bad, "BAD", BAD), (seen.nodata, "NODATA", UNKNOWN)):
        if count:
            line += [(" · ", "dim"), (f"{count} {word}", "" if sign is GOOD else sign.style)]
    return tuple(line)


def strips(rollout: Rollout, width: int, most: int) -> list[Line]:
    """A line for each place that was sampled, at most `most`, the present one last, and the last that was not OK."""
    here = place(rollout)
    places = [at for at in range(here) if stage_samples(rollout, at)]
    wrong = next((s for s in reversed(stage_samples(rollout)) if s.judged is not Judged.OK), None)
    room = max(1, most - (wrong is not None))
    lines = [_strip(rollout, at, width) for at in (*places, here)[-room:]]
    if wrong is not None and most > 1:
        sign = OF_JUDGED[wrong.judged]
        said = wrong.reason or ("nobody looked" if wrong.gap else wrong.judged.value)
        lines.append(clipped(((f"{sign.glyph} {fmt.clock(wrong.at)}  ", sign.style), (said, "")), width))
    return lines


def _strip(rollout: Rollout, at: int, width: int) -> Line:
    """The newest samples that fit, then a point for each that is to come."""
    samples, here = stage_samples(rollout, at), at == place(rollout)
    room = max(1, width - STRIP_LABEL)
    shown = samples[-room:] if len(samples) <= room else samples[-(room - 1) :]
    due = samples_due(rollout) - len(samples) if here and not rollout.phase.ended else 0
    name = "after" if at == len(rollout.plan.stages) else f"{rollout.plan.stages[at].percent:g} %"
    line: list[Run] = [(f"{name:>{STRIP_LABEL - 2}}  ", "" if here else "dim")]
    if len(shown) < len(samples):
        line.append(("…", "dim"))
    for (sign, gap), run in groupby(shown, key=lambda sample: (_sign(sample), sample.gap)):
        line.append((sign.glyph * len(list(run)), "dim" if gap else sign.style))
    blank = room - len(shown) if len(shown) == len(samples) else 0
    return (*line, (_DUE * max(0, min(due, blank)), "dim"))


def _sign(sample: Sample) -> Sign:
    return OF_JUDGED[sample.judged]
