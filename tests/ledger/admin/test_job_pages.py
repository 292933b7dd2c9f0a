"""Jobs in the back office: what was given up is seen, and tried again by a button."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger.identifiers import new_id
from ledger.models import AuditEntry, Job
from tests.factories.payments import AlipayAccountFactory, attempted_payment, owed_payment
from tests.instants import NOON
from tests.ledger.given_up_jobs import given_up, status_of
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

LIST = reverse("admin:ledger_job_changelist")


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


def page(job: Job) -> str:
    return reverse("admin:ledger_job_change", args=[job.pk])


def button(job: Job) -> str:
    return reverse("admin:ledger_job_try_again", args=[job.pk])


def listed(client: Client, **narrowed: str) -> list[int]:
    """Return the numbers of the jobs on the list."""
    response = client.get(LIST, narrowed)
    assert response.status_code == 200
    return [job.pk for job in response.context["cl"].result_list]


def test_the_list_shows_what_was_given_up_and_what_it_is_about(maker):
    # Given
    attempt = attempted_payment(owed_payment(), channel=AlipayAccountFactory())
    job = given_up("payments.query_attempt", attempt_id=attempt.pk, payer="13800138000")
    given_up("payments.send_refund", status="todo", tries=0)

    # When
    response = maker.get(LIST)

    # Then
    shown = words(response)
    assert listed(maker) == [job.pk]
    assert "ask what became of a payment" in shown
    assert "orders and their outcomes" in shown
    row = reverse("admin:payments_paymentattempt_change", args=[attempt.pk])
    assert f'href="{row}"' in response.content.decode()
    assert "13800138000" not in response.content.decode()


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({}, ["failed", "run"]),
        ({"status": "todo"}, ["todo"]),
        ({"status": "doing"}, ["doing"]),
        ({"status": "aborted"}, []),
        ({"queue": "runs"}, ["run"]),
        ({"queue": "calendar"}, ["tick"]),
        ({"task": "payments.send_refund"}, ["failed"]),
        ({"task": "payments.send_refund", "status": "doing"}, ["doing"]),
    ],
    ids=str,
)
def test_filters_show_what_waits_and_what_is_being_done(maker, narrowed, found):
    made = {status: given_up(status=status).pk for status in ("todo", "doing", "failed")}
    made["run"] = given_up("settlements.run").pk
    made["tick"] = given_up("config.expire").pk
    Job.objects.filter(pk=made["tick"]).update(queue_name="calendar")

    assert sorted(listed(maker, **narrowed)) == sorted(made[name] for name in found)


def test_a_job_says_how_often_it_was_begun_and_never_what_else_it_was_told(maker):
    # Given
    job = given_up(tries=8, refund_id=new_id("ref"), payer="13800138000")

    # When
    response = maker.get(page(job))

    # Then
    shown = words(response)
    assert "Times begun 9" in shown
    assert "order a refund at its channel" in shown
    assert "stands in the log of the worker" in shown
    assert "not done, to be tried again" in shown
    assert "Try again" in shown
    assert "13800138000" not in response.content.decode()
    assert str(job) in shown


def test_the_list_costs_the_same_for_one_and_for_seven(maker):
    costs = []
    for count in (1, 6):
        for _ in range(count):
            given_up(refund_id=new_id("ref"))
        with CaptureQueriesContext(connection) as queries:
            maker.get(LIST)
        costs.append(len(queries))

    assert len(listed(maker)) == 7
    assert costs[0] == costs[1] <= 10


def test_it_is_tried_again_by_its_button_and_the_page_remembers_who_and_why(maker):
    # Given
    job = given_up(refund_id=new_id("ref"))
    asked = words(maker.get(button(job)))
    assert "no money moves that was not asked for" in asked
    with nothing_written():
        maker.post(button(job), {"reason": ""})

    # When
    response = maker.post(button(job), {"reason": "the channel is back"}, follow=True)

    # Then
    assert "It waits in its queue again." in words(response)
    assert status_of(job.pk) == "todo"
    told = AuditEntry.objects.get()
    assert (told.subject, told.actor) == (f"job:{job.pk}", actor_of(maker))
    assert told.reason == "the channel is back"
    seen = words(desk("auditor").get(page(job)))
    assert "job: given back to the workers" in seen
    assert "the channel is back" in seen
    assert "waits once more" in seen

    # When once more
    with nothing_written(but=ITS_OWN_REFUSAL):
        again = maker.post(button(job), {"reason": "once more"})

    # Then
    assert again.status_code == 409
    assert "This job is not given up: it is waiting." in words(again)
    refusal = AuditEntry.objects.order_by("-id")[0]
    assert (refusal.action, refusal.subject) == ("job.try_again.refused", f"job:{job.pk}")


def test_what_another_job_will_do_is_not_tried_again(maker):
    # Given
    job = given_up("payments.janitor", queueing_lock="payments.janitor")
    given_up("payments.janitor", status="todo", tries=0, queueing_lock="payments.janitor")

    # When, Then
    told = "Another job waits that does the same."
    assert told in words(maker.get(button(job)))
    with nothing_written(but=ITS_OWN_REFUSAL):
        refused = maker.post(button(job), {"reason": "at once"})
    assert refused.status_code == 409
    assert told in words(refused)
    assert status_of(job.pk) == "failed"


@pytest.mark.parametrize("role", ["support", "risk_officer"])
def test_who_may_not_see_jobs_sees_none(role):
    job, person = given_up(), desk(role)

    assert person.get(LIST).status_code == 403
    assert person.get(page(job)).status_code == 403
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert person.post(button(job), {"reason": "mine"}).status_code == 403
    refusal = AuditEntry.objects.get()
    assert (refusal.subject, refusal.reason) == (f"job:{job.pk}", "permission_denied")
    assert status_of(job.pk) == "failed"


def test_an_auditor_looks_and_presses_nothing():
    job, auditor = given_up(), desk("auditor")

    assert "Try again" not in words(auditor.get(page(job)))
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert auditor.post(button(job), {"reason": "audit"}).status_code == 403


@pytest.mark.parametrize("role", ["finance_maker", "finance_head", "security_admin"])
def test_the_home_page_counts_them_for_who_may_try_them_again(role):
    # Given
    given_up()
    given_up(status="todo")
    person = desk(role)

    # When
    (told,) = [
        thing
        for thing in person.get(reverse("admin:index")).context["waiting"]
        if thing.what == "jobs given up"
    ]

    # Then
    assert (told.count, told.tone) == (1, "alarm")
    assert told.url == LIST
    assert "jobs given up" not in words(desk("auditor").get(reverse("admin:index"))).lower()


def test_an_empty_list_says_what_would_stand_there(maker):
    given_up(status="todo")

    assert "is given up and stands here until" in words(maker.get(LIST))


def test_a_number_that_no_job_has_is_nobody_s(maker):
    missing = given_up().pk + 1

    assert maker.get(reverse("admin:ledger_job_change", args=[missing])).status_code in {302, 404}
    assert (
        maker.post(
            reverse("admin:ledger_job_try_again", args=[missing]), {"reason": "x"}
        ).status_code
        == 404
    )
