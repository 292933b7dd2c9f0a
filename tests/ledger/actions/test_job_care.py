"""Jobs that were given up: one person has them done again, and a worker really does."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from ledger import jobs
from ledger.actions import job_care
from ledger.errors import (
    JobNotGivenUpError,
    JobReasonMissingError,
    JobWaitsAlreadyError,
    UnknownJobError,
)
from ledger.models import AuditEntry, Job
from tests.instants import NEXT_NOON, NOON
from tests.ledger.given_up_jobs import QUEUE, given_up, set_status, status_of, work
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "tests.is_mended"


class Machine:
    """What a job needs: broken, until somebody mends it. It remembers what it was asked for."""

    def __init__(self) -> None:
        self.is_broken = True
        self.done: list[dict[str, Any]] = []

    def use(self, **arguments: Any) -> None:
        if self.is_broken:
            raise RuntimeError("out of order")
        self.done.append(arguments)


@pytest.fixture
def machine():
    """Register a task that uses a machine, for the length of a test."""
    machine = Machine()

    @jobs.task(NAME, queue=QUEUE)
    def use(*, at: datetime, **arguments: Any) -> None:
        machine.use(at=at, **arguments)

    yield machine
    del app.tasks[NAME]


def try_again(job_id: int, *, reason: str = "the machine is mended") -> None:
    job_care.try_again(job_id, actor="user:7", at=NEXT_NOON, reason=reason)


def raised_to_the_end() -> Job:
    """Have a worker fail at the job until none of its tries is left."""
    jobs.defer(NAME, at=NOON, attempt_id="att_1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 8")
    work()
    job = Job.objects.get(task_name=NAME)  # beside the ticks that every worker defers
    assert (job.status, job.attempts) == ("failed", 9)
    return job


def test_a_worker_does_it_once_what_was_wrong_is_mended(machine: Machine) -> None:
    # Given
    job = raised_to_the_end()
    machine.is_broken = False

    # When
    try_again(job.pk)

    # Then
    assert status_of(job.pk) == "todo"
    told = AuditEntry.objects.get()
    assert (told.action, told.subject, told.actor) == ("job.put_back", f"job:{job.pk}", "user:7")
    assert (told.reason, told.at) == ("the machine is mended", NEXT_NOON)
    assert told.before == {"status": "failed"}
    assert told.after == {"status": "todo", "task": NAME, "queue": QUEUE}

    # When
    work()

    # Then it was done as it was asked for
    assert status_of(job.pk) == "succeeded"
    assert machine.done == [{"at": NOON, "attempt_id": "att_1"}]


def test_it_is_given_up_again_where_nothing_was_mended(machine: Machine) -> None:
    # Given
    job = raised_to_the_end()

    # When
    try_again(job.pk)
    work()

    # Then it is tried once, and stands where people see it
    assert status_of(job.pk) == "failed"
    try_again(job.pk)


def test_pressing_twice_has_it_done_once() -> None:
    job = given_up()
    try_again(job.pk)

    with nothing_written(), pytest.raises(JobNotGivenUpError, match="waiting"):
        try_again(job.pk)


@pytest.mark.parametrize("status", ["todo", "doing", "succeeded", "cancelled", "aborted"])
def test_only_what_was_given_up_is_tried_again(status: str) -> None:
    job = given_up(status=status)

    with nothing_written(), pytest.raises(JobNotGivenUpError):
        try_again(job.pk)
    assert status_of(job.pk) == status


def test_what_another_job_will_do_is_left_to_it() -> None:
    # Given
    job = given_up("payments.janitor", queueing_lock="payments.janitor")
    jobs.defer("payments.janitor", at=NOON, queueing_lock="payments.janitor")
    other = Job.objects.get(status="todo")

    # When, Then
    with nothing_written(), pytest.raises(JobWaitsAlreadyError):
        try_again(job.pk)
    assert status_of(job.pk) == "failed"

    # When the other one was begun, its lock is free
    set_status(other, "doing")
    try_again(job.pk)

    # Then
    assert status_of(job.pk) == "todo"


def test_asks_why_and_for_a_job_that_is_there() -> None:
    job = given_up()

    with nothing_written(), pytest.raises(JobReasonMissingError):
        try_again(job.pk, reason=" ")
    with nothing_written(), pytest.raises(UnknownJobError):
        try_again(job.pk + 1)
    assert status_of(job.pk) == "failed"


def test_a_deed_that_cannot_be_recorded_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    job = given_up()
    fail: Callable[..., None] = Machine().use
    monkeypatch.setattr(job_care, "record_audit", fail)

    # When
    with nothing_written(), pytest.raises(RuntimeError):
        try_again(job.pk)

    # Then
    assert status_of(job.pk) == "failed"
