"""A rollout on the terminal that drives it: the same parts as in the dashboard, and the keys that act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region
from textual.widget import Widget

from prodtui.model.rollout import Phase
from prodtui.ui.line import Run
from prodtui.ui.palette import Palette
from prodtui.ui.prompts import Asked, ChoiceAsked, NameAsked, ReasonAsked
from prodtui.ui.rows import rollout as said
from prodtui.ui.screens.framed import Framed
from prodtui.ui.screens.rollout_parts import RolloutParts

if TYPE_CHECKING:
    from prodtui.model.rollout import Rollout
    from prodtui.ui.rollout_app import RolloutApp


class RolloutScreen(Framed):
    """What is rolled out, and `p`, `r`, `A`, `q`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", id="rollout_pause"),
        Binding("r", "resume", "resume", id="rollout_resume"),
        Binding("A", "abort", "abort", id="rollout_abort"),
        Binding("q", "app.quit", "leave", id="rollout_leave"),
    ]

    def __init__(self, palette: Palette, environment: Run, clock: Callable[[], float]) -> None:
        super().__init__(palette)
        self.parts = RolloutParts(palette)
        self.rollout: Rollout | None = None
        self._environment = environment
        self._clock = clock

    def body(self) -> Iterable[Widget]:
        return self.parts.widgets

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        return self.parts.places(area)

    def on_mount(self) -> None:
        self.parts.say((("reading…", "dim"),))
        self.tick()

    def on_resize(self, _: Resize) -> None:
        self.tick()

    def tell(self, rollout: Rollout) -> None:
        """It is another one now."""
        first, turned = self.rollout is None, self.rollout is None or self.rollout.phase is not rollout.phase
        self.rollout = rollout
        self.tick()
        if first:
            self.parts.criteria.focus()
        if turned:
            self.refresh_bindings()
            self.say_keys()

    def tick(self) -> None:
        """Tells the clock and the time left."""
        rollout, now = self.rollout, self._clock()
        self.header.say_by_width(lambda width: said.header(rollout, self._environment, now, width))
        if rollout is not None and self.parts.show(rollout, now, self.size.width):
            self.rearrange()

    def on_grid_selected(self) -> None:
        self.parts.tell_selected()

    def on_grid_opened(self) -> None:
        """The plot of a criterion stands in the steps' place, or goes again."""
        self.parts.plotted = not self.parts.plotted
        self.rearrange()

    # What is asked

    @property
    def leaving(self) -> bool:
        """Whether somebody is asked already if they mean to leave."""
        return isinstance(self._asked, _Leaving)

    def ask_to_leave(self) -> None:
        rollout = self.rollout
        if rollout is not None:
            self.ask(_Leaving(rollout, self._app.leave))

    def action_pause(self) -> None:
        self._ask(lambda rollout: ReasonAsked("pause", rollout.service, self._app.pause))

    def action_resume(self) -> None:
        self._ask(lambda rollout: ReasonAsked("resume", rollout.service, self._app.resume))

    def action_abort(self) -> None:
        self._ask(lambda rollout: NameAsked("abort", rollout.service, _means(rollout), self._app.abort))

    def _ask(self, asked: Callable[[Rollout], Asked]) -> None:
        if self.rollout is not None:
            self.ask(asked(self.rollout))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        phase = self.rollout.phase if self.rollout else None
        match action:
            case "pause":
                return phase in (Phase.RUNNING, Phase.WATCHING)
            case "resume":
                return phase in (Phase.PAUSED, Phase.HELD)
            case "abort":
                return phase is not None and not phase.ended
            case _:
                return super().check_action(action, parameters)

    def hinted(self, binding: Binding) -> bool:
        """What acts has the footer for itself; a list needs no telling that it can be sorted."""
        return super().hinted(binding) and binding.description not in ("open", "sort")

    @property
    def _app(self) -> RolloutApp:
        return cast("RolloutApp", self.app)


class _Leaving(ChoiceAsked):
    """Whether to leave a rollout that nobody drives then."""

    def __init__(self, rollout: Rollout, leave: Callable[[], None]) -> None:
        held = f"it stays at {said.percent(rollout)} until `prodtui rollout resume`"
        super().__init__("leave it?", (("y", "leave"),), lambda _: leave(), means=held)
        self.keys = (("y", "leave"), ("esc", "stay"))


def _means(rollout: Rollout) -> str:
    if rollout.plan.observes:
        return "ends it; nothing is changed"
    target = f" to {rollout.plan.rollback_to}" if rollout.plan.rollback_to else ""
    return f"rolls back{target} now"
