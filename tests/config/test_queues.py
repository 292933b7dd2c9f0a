"""Every task waits in a queue of ours, which somebody serves wherever workers start."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger import jobs
from settlements.rehearsal.processes import Stage
from tests.instants import NOON

OURS = ("config.", "ledger.", "payments.", "risk.", "settlements.")


@pytest.fixture(scope="module")
def queue_of() -> dict[str, str]:
    """Map each task of the house to its queue."""
    app.perform_import_paths()
    return {task.name: task.queue for task in app.tasks.values() if task.name.startswith(OURS)}


def served_by(text: str) -> set[str]:
    """Return the queues of all workers that a text starts."""
    return {queue for told in re.findall(r"--queues ([a-z,]+)", text) for queue in told.split(",")}


def test_every_queue_of_a_task_is_described_and_every_one_described_is_used(queue_of):
    assert set(queue_of.values()) == set(jobs.QUEUES)


def test_the_documented_workers_serve_every_queue(queue_of):
    # Given
    page = (Path(settings.BASE_DIR) / "docs/operations/workers.md").read_text()

    # Then
    assert served_by(page) == set(queue_of.values())
    for queue in jobs.QUEUES:
        assert f"| `{queue}` |" in page


def test_a_rehearsal_serves_every_queue_but_the_days_that_it_plays_itself(queue_of):
    # Given
    served = next(field.default for field in fields(Stage) if field.name == "queues")

    # Then
    assert set(served.split(",")) == set(queue_of.values()) - {"calendar"}


def test_the_harness_serves_every_queue(queue_of):
    # Given
    source = (Path(settings.BASE_DIR) / "tests/harness/run.py").read_text()
    served = re.findall(r'\("(?:worker|scheduler)-\d", "([a-z,]+)"\)', source)

    # Then
    assert set(",".join(served).split(",")) == set(queue_of.values())


@pytest.mark.django_db
def test_a_job_waits_in_the_queue_of_its_task(queue_of):
    # When
    for name in queue_of:
        jobs.defer(name, at=NOON)

    # Then
    waiting = dict(ProcrastinateJob.objects.values_list("task_name", "queue_name"))
    assert waiting == queue_of


@pytest.mark.parametrize(
    "name",
    [
        "payments.examine_account",
        "payments.examine_all",
        "payments.fetch_certificates",
        "payments.forget_calls",
        "payments.forget_notifications",
        "payments.refresh_certificates",
        "payments.retire_keys",
        "payments.reverify_notifications",
        "settlements.prove",
    ],
)
def test_what_may_wait_stands_before_no_order(queue_of, name):
    assert queue_of[name] == "care"
