"""Fault points: nothing happens at one until a test has armed it."""

import subprocess
import sys

import pytest

from ledger import fault_points
from ledger.fault_points import CrashError, FaultPoint, Plan


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Give a registry of this test's own, with two places."""
    monkeypatch.setattr(fault_points, "REGISTRY", {})
    monkeypatch.setattr(fault_points, "_PLANS", [])
    return {name: fault_points.fault_point(name) for name in ("a.before", "a.after")}


def test_nothing_happens_where_nothing_is_armed(registry):
    registry["a.before"]()

    assert not fault_points.is_armed()


def test_a_name_is_used_once(registry):
    with pytest.raises(AssertionError, match=r"a\.before"):
        fault_points.fault_point("a.before")


def test_what_is_armed_happens_there_and_nowhere_else(registry):
    fault_points.arm("a.before raise")

    with pytest.raises(CrashError, match=r"a\.before"):
        registry["a.before"]()
    registry["a.after"]()
    assert fault_points.is_armed()


def test_a_star_means_all_places_and_those_that_are_still_to_come(registry):
    fault_points.arm("* raise")

    late = fault_points.fault_point("b.late")

    for point in (*registry.values(), late):
        with pytest.raises(CrashError):
            point()


def test_once_is_once_in_a_process(registry):
    fault_points.arm("* raise 1000 0 once")

    with pytest.raises(CrashError):
        registry["a.after"]()
    registry["a.before"]()
    registry["a.after"]()


def test_a_seed_makes_the_same_choices_again(registry):
    def story(seed: int) -> list[bool]:
        fault_points.arm("a.before raise 300", seed=seed)
        struck = []
        for _ in range(50):
            try:
                registry["a.before"]()
            except CrashError:
                struck.append(True)
            else:
                struck.append(False)
        return struck

    assert story(7) == story(7) != story(8)
    assert 5 < sum(story(7)) < 30


def test_it_waits(registry, monkeypatch):
    waits = []
    monkeypatch.setattr(fault_points.time, "sleep", waits.append)
    fault_points.arm("a.before sleep 1000 250")

    registry["a.before"]()

    assert waits == [0.25]


def test_no_handler_of_the_product_catches_a_crash():
    assert not issubclass(CrashError, Exception)


def test_a_killed_process_is_killed():
    program = (
        "from ledger import fault_points as f; p = f.fault_point('x'); f.arm('x kill'); p();"
        "print('alive')"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert (ended.returncode, ended.stdout) == (-9, b"")


@pytest.mark.parametrize("text", ["a.before", "a.before explode", "a.before kill 1 2 3 once"])
def test_what_cannot_be_read_arms_nothing(registry, text):
    with pytest.raises(ValueError, match="not a plan for a fault point"):
        fault_points.arm(f"a.after raise, {text}")

    assert not fault_points.is_armed()


def test_a_block_leaves_everything_as_it_was(registry):
    seen = []
    with fault_points.armed([("a.before", lambda: seen.append("here"))]):
        registry["a.before"]()
    registry["a.before"]()

    assert seen == ["here"]
    assert not fault_points.is_armed()


def test_a_plan_of_another_place_leaves_this_one_alone():
    point = FaultPoint("c.other")

    Plan("a.before", "raise").meet(point)

    assert point.deed is None
