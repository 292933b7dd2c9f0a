"""A row says what it found, and whether that is enough."""

import json

import pytest

from tests.benchmarks.results import Row, Target


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("against a peer", 4.0, 4.0), "against a peer: 4.00 (≥ 4.00) met"),
        (Target("against a peer", 3.99, 4.0), "against a peer: 3.99 (≥ 4.00) MISSED"),
        (Target("growth", 1.15, 1.15, is_floor=False), "growth: 1.15 (≤ 1.15) met"),
        (Target("growth", 1.16, 1.15, is_floor=False), "growth: 1.16 (≤ 1.15) MISSED"),
    ],
)
def test_a_target_says_whether_it_is_met(target, verdict):
    assert str(target) == verdict


def test_a_row_is_met_when_all_its_targets_are_and_is_kept_in_both_forms(tmp_path):
    # Given one target that is met and one that is not
    row = Row(
        name="P0",
        title="nothing",
        columns=("1 connection", "8"),
        figures={"ours": ("1,000", "2"), "theirs": ("7", "12,345")},
        targets=(Target("a", 2.0, 1.0), Target("b", 1.0, 2.0)),
    )

    # When
    row.write(tmp_path)

    # Then
    assert not row.is_met
    assert (tmp_path / "P0.txt").read_text().splitlines() == [
        "P0  nothing",
        "",
        "        1 connection       8",
        "ours           1,000       2",
        "theirs             7  12,345",
        "",
        "a: 2.00 (≥ 1.00) met",
        "b: 1.00 (≥ 2.00) MISSED",
    ]
    kept = json.loads((tmp_path / "P0.json").read_text())
    assert (kept["is_met"], kept["figures"]["theirs"]) == (False, ["7", "12,345"])
