"""Somebody on call: hears what is told of a course, moment by moment."""

from __future__ import annotations

import asyncio

import msgspec
from pydantic import SecretStr

from prodtui.journal.memory_database import MemoryDatabase
from prodtui.journal.notice_store import NoticeStore
from prodtui.model.declared import DeclaredService
from prodtui.model.moment import Moment
from prodtui.model.notice import Notice, Severity
from prodtui.model.records import Sli
from prodtui.oncall.channels.webhook import Webhook
from prodtui.oncall.outbox import Outbox
from prodtui.oncall.sending import heard
from prodtui.oncall.state import State
from prodtui.oncall.telling import told
from prodtui.settings.notify import WebhookSettings
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


class Keeper(Ear):
    """One who keeps what was heard in an outbox, as a watch does."""

    def __init__(self) -> None:
        super().__init__()
        self.store = NoticeStore(MemoryDatabase())
        self._runner = asyncio.Runner()
        chat = WebhookSettings(kind="webhook", url=SecretStr("http://127.0.0.1:9/"), severity=Severity.WARNING)
        self._outbox = Outbox(self.store, [Webhook("chat", chat)], say=print)

    def hear(self, moment: Moment) -> tuple[Notice, ...]:
        self.state, notices = self._runner.run(heard(self.state, moment, self._outbox, moment.now))
        self.heard += notices
        return notices

    @property
    def lasting(self) -> tuple[Notice, ...]:
        """What was told and, as the store has it, is not over."""
        return self._runner.run(self.store.open("test"))

    def close(self) -> None:
        self._runner.run(self.store.close())
        self._runner.run(self._outbox.close())
        self._runner.close()


def measured_again(course: Told, source: str, at: float) -> list[Sli]:
    """What a source of metrics measured, measured again: the same, of now."""
    held = course.course.snapshot.of(Sli)
    return [msgspec.structs.replace(sli, observed_at=at) for (owner, _), sli in held.items() if owner == source]
