"""A health check that was made again, now: what each part took, and what came back."""

from __future__ import annotations

from prodtui.model.rerun import Rerun
from prodtui.ui import format as fmt
from prodtui.ui.line import Line


def lines(rerun: Rerun) -> list[Line]:
    found: list[Line] = [(("re-run ", "strong"), (f"{fmt.clock(rerun.at)}   {rerun.url}", "dim"))]
    if rerun.cause is not None:
        word = rerun.cause.cause_class.value.replace("_", " ")
        found.append(((f"{word}: {rerun.cause.message}", "bad"),))
    parts = (
        ("dns", rerun.dns_s),
        ("connect", rerun.connect_s),
        ("tls", rerun.tls_s),
        ("first byte", rerun.first_byte_s),
        ("total", rerun.total_s),
    )
    timings: list[tuple[str, str]] = []
    for name, seconds in parts:
        if seconds is not None or name == "first byte":
            timings += [(f"{name} ", "dim"), ("–" if seconds is None else fmt.duration(seconds), ""), ("   ", "")]
    found.append(tuple(timings))
    if rerun.status is not None:
        style = "good" if rerun.status < 300 else "warn" if rerun.status == 429 else "bad"
        found += [(("status ", "dim"), (str(rerun.status), f"strong {style}"))]
        found += [((f"{name}: ", "dim"), (value, "")) for name, value in rerun.headers]
        found += [(), *(((line, ""),) for line in rerun.body.split("\n"))]
    return found
