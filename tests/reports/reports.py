"""Reports of the gate to render: real moments judged for real, and ones in which every text is hostile."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from hypothesis import strategies as st

from prodtui.model.assessment import (
    Assessment,
    CheckResult,
    Note,
    NoteKind,
    PillarResult,
    ServiceAssessment,
    State,
    Verdict,
)
from prodtui.model.declared import Tier
from prodtui.model.evaluation import Override
from prodtui.model.moment import Moment
from prodtui.readiness.gate import decide
from prodtui.readiness.policy import Policy
from prodtui.reports.gate_report import GateReport
from tests.ui import moments

HOSTILE = (
    "]]>",
    "<script>alert(1)</script>",
    "<!-- ",
    "&amp;",
    "`",
    "``",
    "|",
    "\\|",
    "\n",
    "\r\n",
    "\n\n# owned\n",
    "@channel",
    "[x](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example",
    "#1",
    "{0}",
    '"',
    "'",
    "\\",
    "=",
    ";",
    "\x00",
    "\x1b[31m",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufffe",
    "\uffff",
    "\U0001f4a5",
    "</details>",
    "%s",
)
text = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=6).map("".join)
name = text.filter(lambda found: bool(found.strip()))
"""What may name a service: anything but nothing."""


@st.composite
def checks(draw: st.DrawFn, pillar: str, number: int) -> CheckResult:
    state = draw(st.sampled_from(State))
    return CheckResult(
        id=f"{pillar}.check_{number}",
        pillar=pillar,
        title=draw(text),
        state=state,
        blocking=draw(st.booleans()),
        waived=state is State.FAIL and draw(st.booleans()),
        reason=draw(text),
        value=draw(st.none() | st.floats()),
        unit=draw(st.sampled_from(("", "s", "ratio"))),
        threshold=draw(text),
        observed_at=draw(st.none() | st.just(moments.START)),
        age_s=draw(st.none() | st.just(1.5)),
        source=draw(text),
        evidence={"output": draw(text)},
        version=draw(text),
        waiver=draw(st.sampled_from(("", "W-1"))),
        waiver_ends=moments.START + 3 * 86_400,
        remedy=draw(text),
    )


@st.composite
def services(draw: st.DrawFn, called: str) -> ServiceAssessment:
    pillars = draw(st.lists(st.sampled_from(("data", "performance")), unique=True))
    return ServiceAssessment(
        name=called,
        tier=draw(st.sampled_from(Tier)),
        verdict=draw(st.sampled_from(Verdict)),
        score=Fraction(draw(st.integers(0, 50))),
        score_max=Fraction(draw(st.integers(50, 100))),
        coverage=Fraction(1, 2),
        pillars=tuple(
            PillarResult(
                name=pillar,
                required=False,
                weight=Fraction(1),
                points=Fraction(0),
                of=Fraction(0),
                checks=tuple(draw(checks(pillar, number)) for number in range(draw(st.integers(0, 3)))),
            )
            for pillar in pillars
        ),
        why=draw(text),
        notes=tuple(Note(kind=NoteKind.WAIVER, text=draw(text)) for _ in range(draw(st.integers(0, 1)))),
    )


@st.composite
def hostile_reports(draw: st.DrawFn) -> GateReport:
    verdict = draw(st.sampled_from(Verdict))
    judged = tuple(draw(services(called)) for called in draw(st.lists(name, max_size=3, unique=True)))
    override = Override(reason=draw(text), ticket=draw(text)) if draw(st.booleans()) else None
    return GateReport(
        moment=of(judged, verdict, draw(name)),
        policy=Policy(name=draw(text), path=draw(st.none() | name), digest="0" * 64),
        decision=decide(verdict, override=override, allowed=draw(st.booleans())),
        candidate=draw(st.none() | text),
        samples=draw(st.integers(1, 5)),
        remarks=tuple(draw(st.lists(text, max_size=2))),
    )


def of(judged: tuple[ServiceAssessment, ...], verdict: Verdict, environment: str = "lab") -> Moment:
    """A moment of the shop with this assessment."""
    moment = moments.Shop(moments.declared(environment)).moment()
    assessment = Assessment(
        at=moment.now,
        verdict=verdict,
        score=Fraction(40),
        score_max=Fraction(90),
        coverage=Fraction(1, 2),
        services=judged,
    )
    return msgspec.structs.replace(moment, assessment=assessment)


def report(moment: Moment, policy: Policy | None = None, override: Override | None = None) -> GateReport:
    """The gate's report on a moment."""
    policy = policy or Policy()
    decision = decide(moment.assessment.verdict, override=override, allowed=policy.override)
    return GateReport(moment=moment, policy=policy, decision=decision)
