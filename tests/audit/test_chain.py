"""The chain names the first place at which a trail is not as it was written, whatever was done to it."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.audit.chain import FIRST, Broken, Checked, Link, Wrong, canonical, checked, entry, linked
from prodtui.model.audited import Deed
from tests.audit.trails import DEEDS, chain_of, deed, forged, heads_of

TRAILS = st.lists(DEEDS, min_size=1, max_size=12).map(lambda deeds: linked(deeds, 0, FIRST))


def _broken(links: Sequence[Link], known: Sequence[Link] = ()) -> Broken:
    found = checked(links, heads_of(known)).broken
    assert found is not None
    return found


@given(TRAILS, st.data())
def test_a_trail_as_it_was_written_verifies_with_any_heads_of_it(links: tuple[Link, ...], data: st.DataObject) -> None:
    known = heads_of(data.draw(st.lists(st.sampled_from(links), unique_by=lambda link: link.number)))
    proven = max(known, default=0)
    assert checked(links, known) == Checked(entries=len(links), hash=links[-1].hash, proven=proven)


@given(DEEDS)
def test_an_entry_comes_back_from_its_link(done: Deed) -> None:
    (link,) = linked([done], 0, FIRST)
    assert entry(link).deed == done
    assert canonical(entry(link).deed) == link.deed


@given(TRAILS, st.data(), st.booleans())
def test_any_field_that_was_edited_is_found_at_its_entry(
    links: tuple[Link, ...], data: st.DataObject, with_heads: bool
) -> None:
    place = data.draw(st.integers(0, len(links) - 1))
    link = links[place]
    found_by = data.draw(st.tuples(st.floats(0, 4e9), st.text(max_size=9), st.text(max_size=9)))
    edited = data.draw(
        st.sampled_from(
            [
                replace(link, deed=link.deed.replace('"about":"', '"about":"x', 1)),
                replace(link, deed=link.deed + " "),
                replace(link, deed=data.draw(st.text(max_size=9))),
                replace(link, before=data.draw(st.text("0123456789abcdef", min_size=64, max_size=64))),
                replace(link, hash=data.draw(st.text("0123456789abcdef", min_size=64, max_size=64))),
                replace(link, found_by=found_by),
            ]
        )
    )
    broken = _broken((*links[:place], edited, *links[place + 1 :]), links if with_heads else ())
    assert (broken.wrong, broken.number, broken.to) == (Wrong.EDITED, place + 1, place + 1)


@given(TRAILS, st.data())
def test_an_entry_that_was_edited_with_a_hash_to_fit_is_found(links: tuple[Link, ...], data: st.DataObject) -> None:
    """By the entry that follows it; of the last two, or the very last, by the heads."""
    place = data.draw(st.integers(0, len(links) - 1))
    edited = (*links[:place], forged(links[place], deed=links[place].deed + " "), *links[place + 1 :])
    broken = _broken(edited, links)
    assert (broken.wrong, broken.number) == (Wrong.EDITED, place + 1)
    left = len(links) - place - 1
    if left >= 2:
        assert _broken(edited).number == place + 1
    elif left == 1:
        assert (_broken(edited).number, _broken(edited).to) == (place + 1, place + 2)


@given(TRAILS, st.data())
def test_a_chain_made_anew_from_some_entry_on_is_found_by_the_heads(
    links: tuple[Link, ...], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(links) - 1))
    deeds = [replace(entry(link).deed, result=f"{number} anew") for number, link in enumerate(links[place:])]
    before = links[place - 1].hash if place else FIRST
    anew = (*links[:place], *linked(deeds, place, before))
    assert checked(anew).broken is None, "nothing inside the chain can tell"
    broken = _broken(anew, links)
    assert (broken.wrong, broken.number, broken.to) == (Wrong.EDITED, place + 1, place + 1)
    broken = _broken(anew, links[-1:])
    assert (broken.number, broken.to) == (1, len(links)), "between the last head that holds and the one that does not"


@given(TRAILS, st.data())
def test_any_entries_that_were_removed_are_named(links: tuple[Link, ...], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(links) - 1))
    last = data.draw(st.integers(first, len(links) - 1))
    broken = _broken((*links[:first], *links[last + 1 :]), links)
    wrong = Wrong.TRUNCATED if last == len(links) - 1 else Wrong.REMOVED
    assert (broken.wrong, broken.number, broken.to) == (wrong, first + 1, last + 1)


@given(TRAILS.filter(lambda links: len(links) > 1), st.data(), st.booleans())
def test_any_two_entries_that_were_exchanged_are_named(
    links: tuple[Link, ...], data: st.DataObject, renumbered: bool
) -> None:
    one, other = sorted(data.draw(st.lists(st.integers(0, len(links) - 1), min_size=2, max_size=2, unique=True)))
    exchanged = list(links)
    exchanged[one], exchanged[other] = links[other], links[one]
    if renumbered:  # as a store has them, in the order of their numbers
        exchanged[one] = replace(links[other], number=one + 1)
        exchanged[other] = replace(links[one], number=other + 1)
    broken = _broken(exchanged)
    assert (broken.wrong, broken.number) == (Wrong.REORDERED, one + 1)


@given(TRAILS.filter(lambda links: len(links) > 1), st.data(), st.booleans())
def test_an_entry_that_was_moved_to_the_end_is_named(
    links: tuple[Link, ...], data: st.DataObject, renumbered: bool
) -> None:
    place = data.draw(st.integers(0, len(links) - 2))
    moved = replace(links[place], number=len(links) + 1) if renumbered else links[place]
    broken = _broken((*links[:place], *links[place + 1 :], moved))
    assert (broken.wrong, broken.number) == (Wrong.REORDERED, place + 1)


@given(TRAILS, st.data())
def test_an_entry_that_was_put_in_between_is_named(links: tuple[Link, ...], data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(links)))
    copy = links[data.draw(st.integers(0, place - 1))]
    for stranger in (copy, forged(links[0], number=0), forged(links[0], number=-7)):
        broken = _broken((*links[:place], stranger, *links[place:]))
        assert (broken.wrong, broken.number) == (Wrong.INSERTED, place + 1)


@st.composite
def meddled(draw: st.DrawFn, links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Up to four things done to a trail, one after the other, hashes made to fit or not."""
    left = list(links)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(left) - 1)))
        done = draw(st.sampled_from(("edit", "forge", "renumber", "remove", "exchange", "repeat", "rewrite")))
        if not left:
            break
        if done == "edit":
            left[place] = replace(left[place], deed=draw(st.text(max_size=5)))
        elif done == "forge":
            left[place] = forged(left[place], deed=canonical(draw(DEEDS)))
        elif done == "renumber":
            left[place] = forged(left[place], number=draw(st.integers(-2, len(links) + 3)))
        elif done == "remove":
            del left[place : place + draw(st.integers(1, 3))]
        elif done == "exchange":
            other = draw(st.integers(0, len(left) - 1))
            left[place], left[other] = left[other], left[place]
        elif done == "repeat":
            left.insert(draw(st.integers(0, len(left))), left[place])
        else:
            before = left[place - 1].hash if place else FIRST
            left[place:] = linked([draw(DEEDS) for _ in left[place:]], place, before)
    return tuple(left)


@given(TRAILS, st.data())
def test_whatever_was_done_the_first_place_that_differs_is_named_by_the_heads(
    links: tuple[Link, ...], data: st.DataObject
) -> None:
    left = data.draw(meddled(links))
    differs = next((place for place, pair in enumerate(zip_longest(links, left), 1) if pair[0] != pair[1]), None)
    broken = checked(left, heads_of(links)).broken
    if differs is None:
        assert broken is None
    elif left[: len(links)] == links:
        assert broken is None or broken.number == differs, "what was put behind the last head may hang in the chain"
    else:
        assert broken is not None
        assert broken.number == differs


def test_what_was_removed_from_a_long_trail_is_told_in_no_time() -> None:
    links = chain_of(3_000)
    assert str(_broken((links[0], *links[2_500:]))) == "removed: entries 2 to 2500; entry 2501 comes in its place"


def test_a_trail_of_which_nothing_is_left_is_truncated() -> None:
    assert str(_broken((), chain_of(3))) == (
        "truncated: entries 1 to 3; the trail ends with entry 0, and entry 3 was once written"
    )
    assert checked(()) == Checked(entries=0, hash=FIRST, proven=0)


def test_entries_newer_than_the_last_head_are_no_alarm() -> None:
    links = chain_of(5)
    assert checked(links, heads_of(links[:3])) == Checked(entries=5, hash=links[-1].hash, proven=3)


def test_an_entry_of_a_newer_prodtui_verifies() -> None:
    newer = canonical(deed()).replace('"act":"decision"', '"act":"teleport","aim":"moon"')
    link = forged(Link(number=1, before=FIRST, hash="", deed=newer, found_by=(deed().at, "test", "teleport")))
    assert checked([link]).broken is None


def test_a_hash_is_what_the_documents_say_it_is() -> None:
    link = chain_of(2)[1]
    command = ["printf", "%s\\n%s\\n%s", str(link.number), link.before, link.deed]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    assert hashlib.sha256(printed).hexdigest() == link.hash


def test_the_canonical_text_is_sorted_and_whole() -> None:
    assert canonical(deed(details={"b": "2", "a": "ü"})) == (
        '{"about":"payments","act":"decision","actor":{"account":"ana","client":"","host":"desk","user":"ana@desk"},'
        '"at":1790000001.0,"details":{"a":"ü","b":"2"},"environment":"test","result":"READY, exit 0"}'
    )
