"""The clock of doors: the real one, or a sandbox's file."""

import os
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured

from config import clock

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def clock_file(settings, tmp_path):
    path = tmp_path / "clock"
    settings.SANDBOX = True
    settings.SANDBOX_CLOCK_FILE = str(path)
    return path


def test_reads_the_machine_where_no_file_is_named(settings):
    settings.SANDBOX_CLOCK_FILE = ""

    with time_machine.travel(NOON, tick=False):
        assert clock.now() == NOON


def test_reads_what_was_set_and_follows_it(clock_file):
    clock.set_virtual_now(clock_file, at=NOON)
    first = clock.now()
    clock.set_virtual_now(clock_file, at=NOON + timedelta(days=1))

    assert (first, clock.now()) == (NOON, NOON + timedelta(days=1))


def test_answers_in_utc_whatever_the_zone_of_the_file(clock_file):
    clock_file.write_text("2026-11-22T12:00:00+08:00\n")

    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_reads_the_file_once_while_it_does_not_change(clock_file):
    # Given
    clock.set_virtual_now(clock_file, at=NOON)
    clock.now()
    kept = clock_file.stat()

    # When
    clock_file.write_text("not an instant")
    os.utime(clock_file, ns=(kept.st_atime_ns, kept.st_mtime_ns))

    # Then
    assert clock.now() == NOON


def test_ignores_the_file_outside_a_sandbox(clock_file, settings):
    settings.SANDBOX = False
    clock.set_virtual_now(clock_file, at=NOON)

    with time_machine.travel(NOON + timedelta(days=9), tick=False):
        assert clock.now() == NOON + timedelta(days=9)


@pytest.mark.parametrize("content", ["", "yesterday", "2026-11-22T12:00:00"])
def test_refuses_a_file_without_an_instant_and_its_zone(clock_file, content):
    clock_file.write_text(content)

    with pytest.raises(ImproperlyConfigured, match="SANDBOX_CLOCK_FILE"):
        clock.now()


def test_refuses_a_file_that_is_not_there(clock_file):
    with pytest.raises(ImproperlyConfigured, match="SANDBOX_CLOCK_FILE"):
        clock.now()
