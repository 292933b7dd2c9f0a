"""The line that moves."""

import io

import pytest

from settlements.rehearsal.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Seconds:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


def test_a_terminal_sees_one_line_with_rate_and_what_is_left(seconds):
    # Given
    terminal = Terminal()
    progress = Progress("orders", total=240, stream=terminal, clock=seconds)

    # When
    seconds.now += 2
    progress.advance(60, note="2017-03-06")

    # Then
    line = terminal.getvalue()
    assert line.endswith("\r")
    assert "\n" not in line
    assert line.split() == [
        *("orders", "[######", "]", "60/240", "30.0/s", "6", "s", "left", "2017-03-06")
    ]


def test_a_terminal_is_not_written_to_at_every_step(seconds):
    # Given
    terminal = Terminal()
    progress = Progress("orders", total=240, stream=terminal, clock=seconds)

    # When
    for _ in range(100):
        seconds.now += 0.001
        progress.advance()

    # Then
    assert terminal.getvalue() == ""
    assert progress.done == 100


def test_the_end_stays_on_the_terminal(seconds):
    # Given
    terminal = Terminal()
    progress = Progress("orders", total=2, stream=terminal, clock=seconds)
    progress.advance(2)

    # When
    seconds.now += 1
    progress.finish("paid 2")

    # Then
    assert terminal.getvalue().endswith("\n")
    assert f"[{'#' * 24}]" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
    assert "paid 2" in terminal.getvalue()


def test_a_log_gets_a_line_every_ten_seconds_and_the_end(seconds):
    # Given
    log = io.StringIO()
    progress = Progress("orders", total=30, stream=log, clock=seconds)

    # When
    for _ in range(30):
        seconds.now += 1
        progress.advance()
    progress.finish()

    # Then
    lines = log.getvalue().splitlines()
    assert [line.split()[-5] for line in lines] == ["10/30", "20/30", "30/30", "30/30"]
    assert "\r" not in log.getvalue()


def test_nothing_to_do_is_no_division_by_nothing(seconds):
    # Given
    log = io.StringIO()

    # When
    Progress("orders", total=0, stream=log, clock=seconds).finish()

    # Then
    assert "0/1" in log.getvalue()
