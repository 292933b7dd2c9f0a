"""What the clock-table does by itself: jobs of workers that died."""

import logging
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from config import schedule
from ledger import jobs
from ledger.actions.job_care import try_again
from tests.crashes.survival import killed_at
from tests.instants import NOON
from tests.rig.stage import run_jobs


def taken_by_a_worker(*, silent_seconds: int) -> int:
    """Have a worker take the one job that waits, and fall silent for so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [silent_seconds],
        )
        worker_id = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s"
            " WHERE status = 'todo' RETURNING id",
            [worker_id],
        )
        return int(cursor.fetchone()[0])


def retry_stalled() -> None:
    """Do what the scheduler does every minute.

    On a thread of its own: a browser that an earlier test opened keeps a loop on this one.
    """

    def run() -> None:
        try:
            async_to_sync(schedule.retry_stalled.func)(timestamp=0)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(run).result()


def status_of(job_id: int) -> str:
    """Return where a job stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job_id])
        return str(cursor.fetchone()[0])


def waiting() -> int:
    """Count the jobs that wait for a worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("silent_seconds", "status"), [(600, "todo"), (1, "doing")])
def test_jobs_of_dead_workers_go_back_and_those_of_living_ones_stay(
    silent_seconds: int, status: str
) -> None:
    # Given
    jobs.defer("payments.janitor", at=NOON)
    job_id = taken_by_a_worker(silent_seconds=silent_seconds)

    # When
    retry_stalled()

    # Then
    assert status_of(job_id) == status


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_dead_worker_that_another_one_replaces_does_not_keep_the_others() -> None:
    """F37: what the dead worker did waits again already, and its lock is taken."""
    # Given
    jobs.defer("payments.janitor", at=NOON, queueing_lock="payments.janitor")
    replaced = taken_by_a_worker(silent_seconds=600)
    jobs.defer("payments.expire", at=NOON)
    other = taken_by_a_worker(silent_seconds=600)
    jobs.defer("payments.janitor", at=NOON, queueing_lock="payments.janitor")

    # When
    retry_stalled()

    # Then
    assert (status_of(replaced), status_of(other)) == ("aborted", "todo")


def kill_a_worker() -> None:
    """Have a process take the one job that waits, and die of it."""
    assert killed_at("job.started", run_jobs) == -signal.SIGKILL
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 day'")


@pytest.mark.django_db(transaction=True)
def test_f37_a_job_that_kills_each_of_its_workers_is_given_up_after_the_eighth(caplog) -> None:
    """The others of the queue are done by whoever comes next."""
    # Given: a job of which every worker dies
    jobs.defer("payments.janitor", at=NOON)

    # When
    for _ in range(schedule.DEATHS_MAX):
        assert waiting() == 1
        kill_a_worker()
        with caplog.at_level(logging.ERROR):
            retry_stalled()

    # Then
    assert waiting() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, attempts FROM procrastinate_jobs")
        assert cursor.fetchall() == [("failed", 8)]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "payments.janitor" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_f37_what_was_tried_again_and_kills_its_worker_once_more_is_given_up_at_once() -> None:
    # Given
    jobs.defer("payments.janitor", at=NOON)
    job_id = taken_by_a_worker(silent_seconds=600)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 7")
    retry_stalled()
    assert status_of(job_id) == "failed"

    # When
    try_again(job_id, actor="user:1", at=NOON, reason="the disk has room again")
    taken_by_a_worker(silent_seconds=600)
    retry_stalled()

    # Then
    assert status_of(job_id) == "failed"


@pytest.mark.django_db(transaction=True)
def test_every_minute_what_ran_out_is_ended_and_waits_once() -> None:
    # When
    schedule.expire.func(timestamp=0)
    schedule.expire.func(timestamp=60)

    # Then
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id")
        assert [name for (name,) in cursor.fetchall()] == [
            "payments.expire",
            "settlements.expire",
            "ledger.expire_approvals",
        ]
