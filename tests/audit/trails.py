"""Trails made for tests, and what somebody may do to one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.audit.chain import FIRST, Link, hashed, linked
from prodtui.audit.heads import Heads
from prodtui.audit.trail import PAGE, Trail
from prodtui.journal.store import database_at
from prodtui.model.audited import Act, Actor, Deed

AT = 1_790_000_000.0
WORDS = st.text(max_size=20)
DEEDS = st.builds(
    Deed,
    at=st.floats(min_value=0, max_value=4e9),
    environment=WORDS,
    actor=st.builds(Actor, user=WORDS, host=WORDS, account=WORDS, client=WORDS),
    act=st.sampled_from(Act),
    about=WORDS,
    result=WORDS,
    details=st.dictionaries(WORDS, WORDS, max_size=3),
)


def deed(number: int = 1, **changed: object) -> Deed:
    """The deed of an ordinary day, a second after the one with the number before."""
    made = Deed(
        at=AT + number,
        environment="test",
        actor=Actor(user="ana@desk", host="desk", account="ana"),
        act=Act.DECISION,
        about="payments",
        result="READY, exit 0",
        details={"score": "98.5"},
    )
    return replace(made, **changed)


def chain_of(count: int) -> tuple[Link, ...]:
    """So many entries, as they were written."""
    return linked([deed(number) for number in range(1, count + 1)], 0, FIRST)


def heads_of(links: Sequence[Link]) -> dict[int, str]:
    return {link.number: link.hash for link in links}


def forged(link: Link, **changed: object) -> Link:
    """The entry with something changed, and its hash made anew."""
    made = replace(link, **changed)
    return replace(made, hash=hashed(made.number, made.before, made.deed))


def trail_at(where: str, heads: Heads, *, page: int = PAGE) -> Trail:
    """The trail in the store at this place."""
    return Trail(database_at(where), heads, page=page)


def frozen(store: Path) -> None:
    """The trail takes no entry any more, as root too."""
    file = sqlite3.connect(store)
    file.execute(
        "create trigger full before insert on prodtui_audit begin select raise(abort, 'it takes nothing'); end"
    )
    file.commit()
    file.close()
