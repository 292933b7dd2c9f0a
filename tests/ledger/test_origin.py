"""Whatever is written behind a door knows where it comes from, though nobody passed it on."""

from datetime import datetime

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger import jobs
from ledger.actions.audit import record_audit
from ledger.models import AuditEntry
from ledger.origin import Origin, coming_from, current, of_command
from tests.instants import NOON
from tests.rig.stage import run_jobs

HERE = Origin(client_ip="203.0.113.7", request_id="req-1")


def written() -> list[tuple[str | None, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("client_ip", "request_id"))


@pytest.fixture
def chain():
    """Register a task that writes a row and defers another which writes one as well."""

    @jobs.task("tests.first")
    def first(*, at: datetime) -> None:
        with transaction.atomic():
            record_audit(action="tests.first", subject="x", actor="task:tests.first", at=at)
            jobs.defer("tests.second", at=at)

    @jobs.task("tests.second")
    def second(*, at: datetime) -> None:
        with transaction.atomic():
            record_audit(action="tests.second", subject="x", actor="task:tests.second", at=at)

    yield
    del app.tasks["tests.first"]
    del app.tasks["tests.second"]


@pytest.mark.django_db
def test_a_row_has_the_origin_of_its_deed():
    # When
    with coming_from(HERE):
        record_audit(action="a.deed", subject="x", actor="user:1", at=NOON)
    record_audit(action="a.deed", subject="x", actor="user:1", at=NOON)

    # Then
    assert written() == [("203.0.113.7", "req-1"), (None, "")]


@pytest.mark.django_db
def test_what_is_said_goes_before_what_is_known():
    # When
    with coming_from(HERE):
        record_audit(
            action="a.deed", subject="x", actor="user:1", at=NOON, client_ip="198.51.100.1"
        )

    # Then
    assert written() == [("198.51.100.1", "req-1")]


def test_the_origin_ends_with_its_block_also_when_that_fails():
    with pytest.raises(ValueError, match="no"), coming_from(HERE):
        raise ValueError("no")

    assert current() == Origin()


@pytest.mark.django_db(transaction=True)
def test_what_a_request_has_done_later_is_its_own(chain):
    # Given a job that a request asked for
    with coming_from(HERE):
        jobs.defer("tests.first", at=NOON)

    # When
    assert run_jobs() == ["tests.first", "tests.second"]

    # Then also what its job asked for
    assert written() == [("203.0.113.7", "req-1")] * 2
    assert current() == Origin()


@pytest.mark.django_db(transaction=True)
def test_a_job_of_the_clock_has_an_id_of_its_own(chain):
    # Given
    jobs.defer("tests.first", at=NOON)
    jobs.defer("tests.second", at=NOON)
    assert ProcrastinateJob.objects.values_list("args", flat=True)[0] == {
        "at": "2026-03-05T04:00:00+00:00"
    }

    # When
    run_jobs()

    # Then the first run wrote twice, the other once
    ids = [request_id for _address, request_id in written()]
    assert all(request_id.startswith("job-") for request_id in ids)
    assert sorted(ids.count(request_id) for request_id in set(ids)) == [1, 2]


def test_each_run_of_a_command_has_an_id_of_its_own():
    first, second = of_command(), of_command()

    assert first.request_id.startswith("run-")
    assert first.request_id != second.request_id
    assert first.client_ip is None
