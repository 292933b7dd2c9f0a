"""What a long run has to be is held against what it was."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.harness import __main__ as command
from tests.harness.report import Report

LONG = Report(
    seed=1,
    seconds=600,
    design="real",
    chaos=Counter({"database: COMMIT reply swallowed": 60, "database: COMMIT cut": 40}),
    accepted=10_000,
    visits={"job.started": 7, "job.ended": 6},
)
"""A run of ten minutes that met its goals, just so."""


def test_a_long_run_that_met_its_goals_says_so():
    assert LONG.has_met_its_goals
    assert LONG.as_markdown().count("- Goal met") == 3


@pytest.mark.parametrize(
    "missed",
    [
        {"accepted": 9_999},
        {"chaos": Counter({"database: COMMIT reply swallowed": 99})},
        {"visits": {"job.started": 7, "job.ended": 0}},
    ],
)
def test_a_long_run_that_missed_one_says_which(missed):
    report = replace(LONG, **missed)

    assert not report.has_met_its_goals
    assert report.as_markdown().count("- Goal MISSED") == 1


def test_a_short_run_has_no_goals():
    assert replace(LONG, seconds=599, accepted=1).has_met_its_goals


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (LONG, 0),
        (replace(LONG, accepted=9_999), command.MISSED),
        (replace(LONG, accepted=9_999, violations=["I3 X: paid twice"]), 1),
    ],
)
def test_the_command_ends_by_what_was_found(monkeypatch, tmp_path, report, code):
    # Given
    monkeypatch.setattr("sys.argv", ["harness", "--folder", str(tmp_path)])
    monkeypatch.setattr(command.Run, "carry_out", lambda _run: report)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)

    # When
    ended = command.main()

    # Then
    assert ended == code
