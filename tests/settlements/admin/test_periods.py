"""Closing and reopening days in the back office: one closes, two reopen, the effect is shown."""

from datetime import date

import pytest
from django.urls import reverse

from ledger.models import AuditEntry, Period
from tests.factories.books import booked, closed
from tests.instants import FRIDAY, THURSDAY
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db
CLOSE = "admin:ledger_period_close_day"
CLOSE_MONTH = "admin:ledger_period_close_month"
SHOWN = {"shown": "2026-03-05"}


@pytest.fixture(autouse=True)
def quiet(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker():
    return desk("finance_maker")


@pytest.fixture
def checker():
    return desk("finance_checker")


def page(period: Period, button: str) -> str:
    return reverse(f"admin:ledger_period_{button}", args=[period.pk])


def digest_on(text: str) -> str:
    return text.split('name="shown_digest" value="')[1].split('"', maxsplit=1)[0]


def test_the_empty_list_says_how_days_are_closed(maker):
    text = words(maker.get(reverse("admin:ledger_period_changelist")))

    assert "A day is closed when it is over" in text


def test_one_person_closes_a_day_and_sees_what_it_comes_to(maker):
    # Given
    booked("pay:1", THURSDAY, 12_345)

    # When
    shown = words(maker.get(reverse(CLOSE)))
    answer = maker.post(reverse(CLOSE), {**SHOWN, "reason": "all there"}, follow=True)

    # Then
    assert "2026-03-05" in shown
    assert "123.45" in shown
    assert "2026-03-05 is closed." in words(answer)
    period = Period.objects.get()
    assert (period.state, period.closed_by) == ("closed", actor_of(maker))
    assert AuditEntry.objects.get(action="period.closed").reason == "all there"
    assert "all there" in words(maker.get(reverse("admin:ledger_period_change", args=[period.pk])))


def test_the_page_sends_back_the_day_that_it_shows(maker):
    booked("pay:1", THURSDAY)

    shown = maker.get(reverse(CLOSE)).content.decode()

    assert '<input type="hidden" name="shown" value="2026-03-05">' in shown


@pytest.mark.parametrize("sent", [SHOWN, {}, {"shown": "soon"}])
def test_only_the_day_that_was_shown_is_closed(maker, sent):
    # Given somebody who closed Thursday while this page was open
    booked("pay:1", THURSDAY)
    closed(THURSDAY)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        answer = maker.post(reverse(CLOSE), {**sent, "reason": "all there"})

    # Then the page is shown anew, with Friday, and says why
    assert answer.status_code == 409
    assert "periods are closed in order" in words(answer)
    assert 'name="shown" value="2026-03-06"' in answer.content.decode()
    assert Period.objects.get().starts_on == THURSDAY


def test_only_the_month_that_was_shown_is_closed(maker):
    # Given a closed March that somebody looks at as if it were February
    booked("pay:1", date(2026, 3, 31))
    closed(date(2026, 3, 31))
    shown = maker.get(reverse(CLOSE_MONTH)).content.decode()
    assert 'name="shown" value="2026-03-01"' in shown

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        answer = maker.post(reverse(CLOSE_MONTH), {"shown": "2026-02-01", "reason": "all"})
    assert answer.status_code == 409

    maker.post(reverse(CLOSE_MONTH), {"shown": "2026-03-01", "reason": "all"})
    assert Period.objects.get(kind="month").state == "closed"


def test_two_people_reopen(maker, checker):
    # Given
    booked("pay:1", THURSDAY)
    period = closed(THURSDAY)
    closed(FRIDAY)

    # When one asks and the other agrees to what the page shows
    maker.post(page(period, "request_reopening"), {"reason": "a bill came late"})
    shown = checker.get(page(period, "approve_reopening"))
    assert "2026-03-06" in words(shown)
    assert "a bill came late" in words(shown)
    checker.post(
        page(period, "approve_reopening"), {"shown_digest": digest_on(shown.content.decode())}
    )

    # Then
    assert set(Period.objects.values_list("state", flat=True)) == {"open"}


def test_who_may_not_close_is_turned_away(checker):
    booked("pay:1", THURSDAY)

    with nothing_written(but=ITS_OWN_REFUSAL):
        assert checker.post(reverse(CLOSE), {"reason": "x"}).status_code == 403


def test_a_reason_is_needed(maker):
    booked("pay:1", THURSDAY)

    with nothing_written():
        maker.post(reverse(CLOSE), {"reason": ""})
