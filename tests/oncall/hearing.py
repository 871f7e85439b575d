"""Somebody on call: hears what is told of a course, moment by moment."""

from __future__ import annotations

import msgspec

from prodtui.model.declared import DeclaredService
from prodtui.model.moment import Moment
from prodtui.model.notice import Notice
from prodtui.model.records import Sli
from prodtui.oncall.state import State
from prodtui.oncall.telling import told
from tests.builders import CHECKOUT, PAYMENTS, alert_rule, role
from tests.timeline.course import Told, healthy


def production(*more: DeclaredService) -> Told:
    """Payments, its caller checkout, and more: they lack nothing that a verdict asks for."""
    course = healthy(PAYMENTS, CHECKOUT, *more)
    course.tell("postgres", role())
    return course.tell("prometheus", alert_rule())


class Ear:
    """What was heard so far, and the state in between."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.heard: list[Notice] = []

    def hear(self, moment: Moment) -> tuple[Notice, ...]:
        self.state, notices = told(self.state, moment)
        self.heard += notices
        return notices

    def after(self, course: Told, seconds: float, *failing: str, every_s: float = 2.0) -> tuple[Notice, ...]:
        """What is heard while time passes; every source says the same on, but those whose reads fail."""
        before = len(self.heard)
        ends = course.now + seconds
        while course.now < ends:
            at = course.now + every_s
            for source in course.course.snapshot.sources:
                course.now = at - 1
                if source in failing:
                    course.fail(source)
                else:
                    course.tell(source, *measured_again(course, source, at))
            self.hear(course.moment)
        return tuple(self.heard[before:])


def measured_again(course: Told, source: str, at: float) -> list[Sli]:
    """What a source of metrics measured, measured again: the same, of now."""
    held = course.course.snapshot.of(Sli)
    return [msgspec.structs.replace(sli, observed_at=at) for (owner, _), sli in held.items() if owner == source]
