"""Why a service has its score: a sentence for each lost point, the most expensive first; enter shows the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.palette import Palette
from prodtui.ui.rows import why
from prodtui.ui.screens.incident import IncidentPage
from prodtui.ui.widgets.lead import Lead
from prodtui.ui.widgets.paragraphs import Paragraphs

if TYPE_CHECKING:
    from prodtui.model.moment import Moment


class WhyPage(IncidentPage):
    """The score of one service in words."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "back", "back", show=False, id="why")]

    def __init__(self, palette: Palette, service: str) -> None:
        super().__init__(palette)
        self.service = service
        self.crumbs = ("overview", service, "why")
        self.about = Lead(palette)
        self.sentences = Paragraphs(palette)

    def body(self) -> Iterable[Widget]:
        return (self.about, self.sentences)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        tall = int(area.height >= 26)
        self.about.above = self.sentences.blank_above = tall
        about = Region(0, area.y, area.width, self.about.lines_wanted)
        return {self.about: about, self.sentences: Region(0, about.bottom, area.width, area.height - about.height)}

    def on_mount(self) -> None:
        self.sentences.focus()

    def service_asked(self) -> str | None:
        return self.service

    def shown(self, moment: Moment) -> None:
        service = moment.assessment.service(self.service)
        if service is None:
            self.about.say(((self.service, "strong"), ("  is no longer reported by any source", "warn")))
            self.sentences.load((), ())
            return
        self.about.say(((self.service, "strong"), ("  ", ""), *why.verdict(service)))
        self.sentences.load(why.paragraphs(service, moment), why.heading(service))

    def on_paragraphs_opened(self, event: Paragraphs.Opened) -> None:
        from prodtui.ui.screens.service import ServicePage

        check = why.check_of(event.key)
        if check is not None:
            self.open(ServicePage(self.palette, self.service, check))
