"""What broke first among failing entities that depend on one another."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.incident import Confidence, EntityKind, Failing, FirstCause, Onset
from prodtui.timeline.first import first_causes, seen_late
from prodtui.timeline.sentence import text


def _failing(name: str, at: float | None = 0.0, not_after: float = 2.0) -> Failing:
    return Failing(kind=EntityKind.SLI, name=name, what="slow", onset=Onset(at, not_after))


def _causes(links: Mapping[str, set[str]], **onsets: tuple[float | None, float]) -> tuple[FirstCause, ...]:
    """Causes of entities named by their letters; those without an onset began at the same time."""
    failing = {f"sli:{name}": _failing(name, *onsets.get(name, (0.0, 2.0))) for name in links}
    return first_causes(failing, {f"sli:{k}": frozenset(f"sli:{v}" for v in to) for k, to in links.items()})


def _named(causes: tuple[FirstCause, ...]) -> list[str]:
    return [cause.cause.name for cause in causes]


def test_nothing_failing_has_no_first_cause() -> None:
    assert first_causes({}, {}) == ()


def test_what_depends_on_nothing_failing_is_the_cause_and_the_rest_its_tree() -> None:
    (cause,) = _causes({"pool": set(), "payments": {"pool"}, "checkout": {"payments"}})
    assert (cause.cause.name, cause.confidence) == ("pool", Confidence.CLEAR)
    assert [(one.failing.name, one.of) for one in cause.chain] == [
        ("payments", "sli:pool"),
        ("checkout", "sli:payments"),
    ]


def test_a_consequence_hangs_below_the_last_thing_that_explains_it() -> None:
    (cause,) = _causes({"lock": set(), "pool": {"lock"}, "payments": {"pool", "lock"}})
    assert cause.chain[-1].of == "sli:pool"


def test_dependencies_come_before_times() -> None:
    """A caller's window may show its callee's failure before the callee's own does."""
    (cause,) = _causes({"payments": set(), "checkout": {"payments"}}, payments=(10.0, 12.0), checkout=(0.0, 2.0))
    assert cause.cause.name == "payments"


def test_who_explains_more_is_named_first_and_the_other_apart() -> None:
    causes = _causes({"a": set(), "b": set(), "x": {"a"}, "y": {"a"}, "z": {"a", "b"}})
    assert _named(causes) == ["a", "b"]
    assert [one.failing.name for one in causes[0].chain] == ["x", "y", "z"]
    assert causes[1].chain == ()


def test_overlapping_onsets_of_rivals_are_unclear() -> None:
    (cause,) = _causes({"a": set(), "b": set(), "x": {"a", "b"}}, a=(0.0, 2.0), b=(1.0, 3.0))
    assert cause.confidence is Confidence.UNCLEAR
    assert [one.name for one in cause.candidates] == ["a", "b"]
    assert text(cause) == "unclear, 2 candidates: a slow or b slow → x slow"


def test_of_rivals_the_one_that_certainly_began_first_is_named() -> None:
    causes = _causes({"a": set(), "b": set(), "x": {"a", "b"}}, a=(5.0, 6.0), b=(0.0, 2.0))
    assert causes[0].cause.name == "b"
    assert causes[0].confidence is Confidence.CLEAR
    assert _named(causes) == ["b", "a"]


def test_what_was_bad_before_we_looked_is_never_ordered_by_when_we_looked() -> None:
    (cause,) = _causes({"a": set(), "b": set(), "x": {"a", "b"}}, a=(None, 100.0), b=(None, 102.0))
    assert cause.confidence is Confidence.UNCLEAR


def test_a_cause_from_before_us_began_no_later_than_what_follows() -> None:
    (cause,) = _causes({"a": set(), "x": {"a"}}, a=(None, 100.0), x=(30.0, 40.0))
    assert cause.cause.onset == Onset(None, 40.0)


def test_a_session_that_may_have_begun_before_its_pool_filled_began_by_then() -> None:
    (cause,) = _causes({"lock": set(), "pool": {"lock"}}, lock=(1.0, 9.0), pool=(3.0, 5.0))
    assert cause.cause.onset == Onset(1.0, 5.0)
    assert seen_late(cause) == frozenset()


def test_what_was_still_good_when_something_that_follows_was_bad_is_said_to_be_seen_late() -> None:
    (cause,) = _causes({"payments": set(), "checkout": {"payments"}}, payments=(10.0, 12.0), checkout=(0.0, 2.0))
    assert cause.cause.onset == Onset(10.0, 12.0)
    assert seen_late(cause) == {"sli:payments"}


def test_what_one_candidate_explains_dates_no_other() -> None:
    (cause,) = _causes({"a": set(), "b": set(), "x": {"a", "b"}}, a=(0.0, 9.0), b=(1.0, 9.0), x=(2.0, 4.0))
    assert [one.onset for one in cause.candidates] == [Onset(0.0, 9.0), Onset(1.0, 9.0)]


def test_what_follows_is_told_in_the_order_in_which_it_turned_bad() -> None:
    links: dict[str, set[str]] = {"a": set(), "late": {"a"}, "early": {"a", "other"}, "other": {"a"}, "last": {"early"}}
    (cause,) = _causes(links, late=(7.0, 8.0), early=(4.0, 5.0), other=(2.0, 12.0), last=(9.0, 10.0))
    assert [(one.failing.name, one.failing.onset.not_after) for one in cause.chain] == [
        ("other", 5.0),
        ("early", 5.0),
        ("late", 8.0),
        ("last", 10.0),
    ]


def test_a_circle_is_one_cause_ordered_by_time() -> None:
    (cause,) = _causes({"a": {"b"}, "b": {"a"}, "x": {"a"}}, a=(5.0, 6.0), b=(0.0, 2.0))
    assert (cause.cause.name, cause.confidence) == ("b", Confidence.CLEAR)
    assert {one.failing.name for one in cause.chain} == {"a", "x"}


def test_what_is_bad_for_an_hour_longer_is_named_apart() -> None:
    causes = _causes(
        {"old": set(), "new": set(), "x": {"old", "new"}}, old=(0.0, 10.0), new=(5000.0, 5002.0), x=(5001.0, 5003.0)
    )
    assert [(one.cause.name, one.already_broken) for one in causes] == [("new", False), ("old", True)]
    assert text(causes[1]) == "already broken: old slow"


def test_a_cause_that_others_may_yet_explain_is_not_certain() -> None:
    failing = {"sli:a": _failing("a")}
    (cause,) = first_causes(failing, {"sli:a": frozenset()}, lambda _: False)
    assert cause.confidence is Confidence.UNCLEAR
    assert text(cause) == "not certain yet: a slow"


def test_a_long_chain_is_told_in_one_line() -> None:
    names = "abcdefgh"
    (cause,) = _causes({name: {names[i - 1]} if i else set() for i, name in enumerate(names)})
    assert text(cause).endswith("f slow → 2 more")


_ONSETS = st.builds(
    lambda at, width, censored: Onset(None if censored else at, at + width),
    st.floats(0, 10_000, allow_nan=False),
    st.floats(0.1, 30, allow_nan=False),
    st.booleans(),
)


_World = tuple[dict[str, Failing], dict[str, frozenset[str]]]


@st.composite
def _worlds(draw: st.DrawFn, letters: str = "abcdefgh") -> _World:
    names = draw(st.sets(st.sampled_from(letters)))
    keys = sorted(f"sli:{name}" for name in names)
    failing = {
        key: Failing(kind=EntityKind.SLI, name=key[4:], what="slow", onset=draw(_ONSETS), service="") for key in keys
    }
    links = {key: frozenset(draw(st.sets(st.sampled_from(keys)))) - {key} for key in keys}
    return failing, links


@given(_worlds())
@settings(max_examples=200, deadline=None)
def test_a_cause_fails_and_everything_that_fails_is_told_once(world: _World) -> None:
    failing, links = world
    causes = first_causes(failing, links)
    told = [one.failing.key for cause in causes for one in cause.chain]
    told += [one.key for cause in causes for one in (cause.candidates or (cause.cause,))]
    assert sorted(told) == sorted(failing)
    assert bool(causes) is bool(failing)


@given(_worlds())
@settings(max_examples=200, deadline=None)
def test_a_chain_is_a_tree_that_grows_from_its_cause(world: _World) -> None:
    for cause in first_causes(*world):
        placed = {cause.cause.key}
        for one in cause.chain:
            assert one.of in placed
            assert one.failing.key not in placed
            placed.add(one.failing.key)


@given(_worlds())
@settings(max_examples=200, deadline=None)
def test_times_grow_along_a_chain_but_for_what_is_said_to_be_seen_late(world: _World) -> None:
    for cause in first_causes(*world):
        onsets = {cause.cause.key: cause.cause.onset} | {one.failing.key: one.failing.onset for one in cause.chain}
        late, unclear = seen_late(cause), len(cause.candidates) > 1
        for one in cause.chain:
            if one.of not in late and not (unclear and one.of == cause.cause.key):
                assert onsets[one.of].not_after <= one.failing.onset.not_after
        shown = [one.failing.onset.not_after for one in cause.chain]
        assert late or unclear or shown == sorted(shown)


@given(_worlds(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_in_which_entities_are_given_changes_nothing(world: _World, random: Random) -> None:
    failing, links = world
    keys = list(failing)
    random.shuffle(keys)
    shuffled = ({key: failing[key] for key in keys}, {key: links[key] for key in reversed(keys)})
    assert first_causes(*shuffled) == first_causes(failing, links)


@given(_worlds(), _worlds("stuvwxyz"))
@settings(max_examples=100, deadline=None)
def test_an_unrelated_failure_changes_no_other_first_cause(world: _World, other: _World) -> None:
    alone = first_causes(*world)
    together = first_causes({**world[0], **other[0]}, {**world[1], **other[1]})
    assert [cause for cause in together if cause.cause.key in world[0]] == list(alone)
