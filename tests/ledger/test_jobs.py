"""Jobs are deferred with the deed that asks for them, by name, with the instant of their cause."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger import jobs
from ledger.actions.audit import record_audit
from ledger.models import AuditEntry
from tests.instants import NEXT_NOON, NOON
from tests.rig.stage import run_jobs

NAME = "tests.nobody_knows"


def waiting() -> list[tuple]:
    return list(
        ProcrastinateJob.objects.order_by("id").values_list("task_name", "queue_name", "args")
    )


@pytest.mark.django_db
def test_carries_the_instant_of_its_cause_and_its_arguments():
    # When
    is_new = jobs.defer(NAME, at=NOON, attempt_id="att_1")

    # Then
    assert is_new
    assert waiting() == [
        (NAME, "money", {"at": "2026-03-05T04:00:00+00:00", "attempt_id": "att_1"})
    ]
    assert ProcrastinateJob.objects.get().scheduled_at is None


@pytest.mark.django_db
def test_waits_for_the_machine_s_time_where_one_is_given():
    # When
    jobs.defer(NAME, at=NOON, due_at=NEXT_NOON)

    # Then
    job = ProcrastinateJob.objects.get()
    assert (job.queue_name, job.scheduled_at) == ("money", NEXT_NOON)


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_is_undone_leaves_no_job():
    # When
    with transaction.atomic():
        jobs.defer(NAME, at=NOON)
        jobs.defer(NAME, at=NOON, queueing_lock="one")
        transaction.set_rollback(True)

    # Then
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("queueing_lock", [None, "one"])
def test_nor_does_one_that_is_undone_in_a_worker(a_task_that, queueing_lock):
    # Given a job that asks for another in a deed, and sees what others see of it
    seen_by_others = []

    def undo(**_arguments: object) -> None:
        with transaction.atomic():
            jobs.defer(NAME, at=NOON, queueing_lock=queueing_lock)
            with ThreadPoolExecutor(1) as another:
                seen_by_others.append(another.submit(waiting_elsewhere).result())
            transaction.set_rollback(True)

    jobs.defer(a_task_that(undo), at=NOON)

    # When a worker runs it, with the connections of a worker
    with ThreadPoolExecutor(1) as worker:
        worker.submit(work_until_nothing_waits).result()

    # Then
    assert seen_by_others == [[]]
    found = ProcrastinateJob.objects.filter(task_name__startswith="tests.")
    assert list(found.values_list("task_name", "status")) == [("tests.does", "succeeded")]


@pytest.fixture
def a_task_that():
    """Register a task for the length of a test."""

    def register(function) -> str:
        return jobs.task("tests.does", queue="tests")(function).name

    yield register
    del app.tasks["tests.does"]


def waiting_elsewhere() -> list[str]:
    try:
        names = ProcrastinateJob.objects.filter(task_name=NAME).values_list("task_name", flat=True)
        return list(names)
    finally:
        connection.close()


def work_until_nothing_waits() -> None:
    try:
        with app.replace_connector(app.connector.get_worker_connector()):
            asyncio.run(_work())
    finally:
        connection.close()


async def _work() -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=["tests"], wait=False, install_signal_handlers=False, concurrency=1
        )


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_taken_keeps_one_job_and_lets_the_deed_go_on():
    # Given
    jobs.defer(NAME, at=NOON, queueing_lock="one", number=1)

    # When the same is asked for inside a deed
    with transaction.atomic():
        is_new = jobs.defer(NAME, at=NEXT_NOON, queueing_lock="one", number=2)
        record_audit(action="a.deed", subject="x", actor="user:1", at=NOON)

    # Then the deed is written, and the first job is the only one
    assert not is_new
    assert AuditEntry.objects.count() == 1
    assert [arguments["number"] for _, _, arguments in waiting()] == [1]


@pytest.mark.django_db(transaction=True)
def test_the_lock_is_of_waiting_jobs_only(known_task):
    # Given a job that has run
    jobs.defer(known_task, at=NOON, queueing_lock="one")
    assert run_jobs() == [known_task]

    # When, Then
    assert jobs.defer(known_task, at=NOON, queueing_lock="one")


@pytest.fixture
def known_task():
    """Register a task for the length of a test; what it was called with is in `seen`."""
    name = "tests.remember"

    @jobs.task(name)
    def remember(*, at: datetime, **arguments: object) -> None:
        seen.append((at, arguments))

    seen.clear()
    yield name
    del app.tasks[name]


seen: list[tuple] = []


@pytest.mark.django_db(transaction=True)
def test_a_task_gets_an_aware_instant_and_its_arguments(known_task):
    # Given
    jobs.defer(known_task, at=NOON, payment_id="pay_1")

    # When
    run_jobs()

    # Then
    assert seen == [(datetime(2026, 3, 5, 4, 0, tzinfo=UTC), {"payment_id": "pay_1"})]


def test_a_job_that_raised_is_tried_eight_times_later_each_time():
    # Then
    waits = [
        jobs.RETRY.get_retry_decision(exception=ValueError(), job=_tried(times))
        for times in range(9)
    ]
    assert [decision is not None for decision in waits] == [True] * 8 + [False]


@time_machine.travel(NOON, tick=False)
def test_a_round_that_raised_is_tried_every_five_seconds():
    # A round that waited longer would keep the next one away, by its lock.
    waits = [
        jobs.RETRY_OF_ROUNDS.get_retry_decision(exception=ValueError(), job=_tried(times))
        for times in range(9)
    ]
    assert [decision is not None for decision in waits] == [True] * 8 + [False]
    assert {decision.retry_at - NOON for decision in waits[:8]} == {timedelta(seconds=5)}


def _tried(times: int):
    from procrastinate.jobs import Job

    return Job(id=1, queue="money", lock=None, queueing_lock=None, task_name=NAME, attempts=times)
