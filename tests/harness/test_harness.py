"""A minute of the harness, and the proof that it would see what it looks for."""

import secrets
from pathlib import Path

import pytest

from tests.harness.plan import Plan
from tests.harness.run import Run

REFUNDS_MIN = 40
"""What a slow machine gets more time for: among so many each wrong design is seen."""


def run_in(folder: Path, **terms) -> Run:
    """Carry a run out in a folder of its own, with a seed that its report names."""
    run = Run(Plan(seed=secrets.randbits(32), folder=folder, **terms))
    print(run.carry_out().as_markdown())  # noqa: T201  shown when the test fails
    return run


def kinds_of(violations: list[str]) -> set[str]:
    return {violation.split()[0] for violation in violations}


def test_a_minute_in_which_everything_breaks_loses_nothing_and_pays_nothing_twice(tmp_path):
    """I1 to I12, F01 to F11, F35, F37, F38, F41: kills, lost COMMITs, a crash, a bad channel."""
    report = run_in(tmp_path / "real", seconds=60, refunds_min=REFUNDS_MIN).report

    assert report.all_violations == []
    assert report.accepted > REFUNDS_MIN
    assert report.lost_commits > 0
    assert report.chaos["kill -9"] > 30
    assert report.chaos["crash restart"] == 1


@pytest.mark.parametrize(
    ("design", "law"),
    [("new_number", "R2"), ("new_number", "I3"), ("three_tries", "I3"), ("three_tries", "R3")],
)
def test_a_wrong_design_is_seen(wrong_runs, design, law):
    """Blind numbers pay twice; what is given up on was paid."""
    assert law in kinds_of(wrong_runs(design).report.all_violations)


@pytest.fixture(scope="module")
def wrong_runs(tmp_path_factory):
    """Return a function that runs a wrong design for a while, once, with a very bad channel."""
    done = {}

    def run(design: str) -> Run:
        if design not in done:
            folder = tmp_path_factory.mktemp("wrong") / design
            done[design] = run_in(
                folder,
                design=design,
                seconds=20,
                percent=66,
                is_calm=True,
                until_over_seconds=20,
                refunds_min=REFUNDS_MIN,
            )
        return done[design]

    return run
