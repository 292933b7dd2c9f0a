"""What is known of jobs: how often they were begun, since when, and what they are about."""

import pytest

from ledger.identifiers import has_form_of_id, new_id
from ledger.jobs import TICKS
from ledger.models import Job
from ledger.queries.jobs import courses_of, jobs_given_up, subjects_of, waits_otherwise
from tests.ledger.given_up_jobs import given_up, set_status

pytestmark = pytest.mark.django_db

ULID = "01m84fxgm15v2m8vkpv51yd9h5"


def test_counts_the_times_that_a_worker_began_and_not_those_it_was_put_back():
    # Given
    job, fresh = given_up(tries=8), given_up(status="todo", tries=0)

    # When
    courses = courses_of([job, fresh])

    # Then
    assert {pk: course.begun for pk, course in courses.items()} == {job.pk: 9, fresh.pk: 0}
    assert job.attempts == 9
    assert all(course.since is not None for course in courses.values())

    # When
    set_status(job, "todo", attempts=True)

    # Then
    assert courses_of([job])[job.pk].begun == 9


def test_given_up_is_what_failed():
    failed = given_up()
    for status in ("todo", "doing", "succeeded", "cancelled", "aborted"):
        given_up(status=status)

    assert list(jobs_given_up()) == [failed]


def test_a_tick_that_failed_is_not_given_up_as_the_next_one_does_the_same():
    for queue in TICKS:
        tick = given_up()
        Job.objects.filter(pk=tick.pk).update(queue_name=queue)

    assert list(jobs_given_up()) == []


def test_names_only_ids_of_what_a_job_is_about():
    # Given
    attempt, account = new_id("att"), new_id("chn")
    job = given_up(
        attempt_id=attempt,
        channel_account_id=account,
        payer="13800138000",
        name="Wang Lan",
        queueing_lock=f"{attempt}:send",
    )

    # Then
    assert sorted(subjects_of(job)) == sorted([attempt, account])


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (f"pay_{ULID}", True),
        ("pay_1", False),
        (f"Wang_{ULID}", False),
        (f"pay_{ULID} ", False),
        (f"PAY_{ULID.upper()}", False),
        ("13800138000", False),
        ("", False),
    ],
)
def test_knows_what_is_written_as_ids_are(text, is_one):
    assert has_form_of_id(text) is is_one


def test_another_one_waits_that_does_the_same():
    # Given
    job = given_up("payments.janitor", queueing_lock="payments.janitor")
    assert not waits_otherwise(job)
    assert not waits_otherwise(given_up())

    # When
    given_up("payments.janitor", status="todo", tries=0, queueing_lock="payments.janitor")

    # Then
    assert waits_otherwise(job)
    assert not waits_otherwise(Job.objects.get(queueing_lock="payments.janitor", status="todo"))
