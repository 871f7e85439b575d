"""What is made when somebody first looks is as if it had been there."""

from __future__ import annotations

from prodtui.model.later import Later


def test_it_is_made_once_and_only_when_looked_at() -> None:
    made: list[int] = []

    def make() -> list[str]:
        made.append(1)
        return ["a", "b"]

    later = Later(make)
    assert made == []
    assert list(later) == ["a", "b"]
    assert (len(later), later[0], later[-1], later[:1], "b" in later) == (2, "a", "b", ("a",), True)
    assert made == [1]


def test_it_equals_the_tuple_that_it_stands_for() -> None:
    assert Later(lambda: [1, 2]) == Later(lambda: [1, 2]) == (1, 2)
    assert Later(lambda: [1]) != Later(lambda: [2])
    assert hash(Later(lambda: [1])) == hash((1,))
