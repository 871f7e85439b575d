"""Who changed production, seen between readings."""

from __future__ import annotations

from prodtui.model.incident import ChangeSeen
from prodtui.model.reading import Answer, Reading
from prodtui.model.records import AnyRecord, Instance, Phase
from prodtui.model.snapshot import Change, fold
from prodtui.timeline.changes import ONE_ROLLOUT_S, changes_after
from tests.builders import World, instance, silence


def _seen(*pairs: tuple[AnyRecord | None, AnyRecord | None], now: int = 2, at: float = 10.0) -> list[ChangeSeen]:
    world = World().tell("consul", *(instance("payments", number) for number in range(1, now + 1)))
    changes = [Change("consul", before, after) for before, after in pairs]
    return list(changes_after((), world.snapshot, changes, at, first=False))


def _version(number: int, version: str) -> tuple[Instance, Instance]:
    return instance("payments", number, version="1"), instance("payments", number, version=version)


def test_a_rollout_over_several_instances_is_one_deploy() -> None:
    (deploy,) = _seen(_version(1, "2"), _version(2, "2"))
    assert (deploy.kind, deploy.service, deploy.before, deploy.after) == ("deploy", "payments", "1", "2")


def test_instances_that_are_replaced_by_another_version_are_one_deploy() -> None:
    old = [instance("payments", number, version="1") for number in (1, 2)]
    new = [instance("payments", number, version="2") for number in (2, 3)]
    known: tuple[ChangeSeen, ...] = ()
    snapshot = World().tell("consul", *old).snapshot
    for at, told in enumerate(([old[0]], [old[0], new[0]], new), 10):
        answer = Answer(records=tuple(told), keyframe=True)
        snapshot, changes = fold(snapshot, Reading(source="consul", at=float(at), latency_s=0.01, answer=answer))
        known = changes_after(known, snapshot, changes, float(at), first=False)
    assert [(one.kind, one.before, one.after, one.at) for one in known] == [("deploy", "1", "2", 11.0)]


def test_a_service_whose_instances_are_all_replaced_at_once_is_deployed() -> None:
    pairs = [(instance("payments", 7, version="1"), None), (None, instance("payments", 1, version="2"))]
    (deploy,) = _seen(*pairs, now=1)
    assert (deploy.kind, deploy.before, deploy.after) == ("deploy", "1", "2")


def test_one_more_instance_of_the_same_version_is_no_deploy() -> None:
    assert [one.kind for one in _seen((None, instance("payments", 3)), now=3)] == ["scale"]


def test_the_same_version_again_much_later_is_another_deploy() -> None:
    world, change = World(), Change("consul", *_version(1, "2"))
    known = changes_after((), world.snapshot, [change], 10.0, first=False)
    known = changes_after(known, world.snapshot, [change], 11.0 + ONE_ROLLOUT_S, first=False)
    assert [one.at for one in known] == [11.0 + ONE_ROLLOUT_S, 10.0]


def test_a_configuration_is_told_by_its_hash() -> None:
    before, after = (instance("payments", meta={"config_hash": value}) for value in ("aa", "bb"))
    (change,) = _seen((before, after))
    assert (change.kind, change.before, change.after) == ("config", "aa", "bb")


def test_instances_that_come_and_go_are_a_scale() -> None:
    (scale,) = _seen((None, instance("payments", 3)), now=3)
    assert (scale.kind, scale.before, scale.after) == ("scale", "2", "3")


def test_an_instance_that_is_replaced_is_none() -> None:
    world = World().tell("consul", instance("payments", 1))
    known = changes_after((), world.snapshot, [Change("consul", instance("payments", 2), None)], 10.0, first=False)
    assert [one.kind for one in known] == ["scale"]
    world.tell("consul", instance("payments", 1), instance("payments", 3))
    assert (
        changes_after(known, world.snapshot, [Change("consul", None, instance("payments", 3))], 20.0, first=False) == ()
    )


def test_drains_and_silences_are_told() -> None:
    drained = instance("payments", phase=Phase.DRAINING)
    drain, quiet = sorted(_seen((instance("payments"), drained), (None, silence())), key=lambda one: one.kind)
    assert (drain.before, drain.after) == ("payments-1 serving", "payments-1 draining")
    assert (quiet.kind, quiet.service, quiet.after) == ("silence", "payments", "by ana: moving racks")


def test_what_a_source_says_first_changed_nothing() -> None:
    change = Change("consul", *_version(1, "2"))
    assert changes_after((), World().snapshot, [change], 10.0, first=True) == ()
