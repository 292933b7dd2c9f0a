"""Closing and reopening days in the back office: one closes, two reopen, the effect is shown."""

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
    answer = maker.post(reverse(CLOSE), {"reason": "all there"}, follow=True)

    # Then
    assert "2026-03-05" in shown
    assert "123.45" in shown
    assert "2026-03-05 is closed." in words(answer)
    period = Period.objects.get()
    assert (period.state, period.closed_by) == ("closed", actor_of(maker))
    assert AuditEntry.objects.get(action="period.closed").reason == "all there"
    assert "all there" in words(maker.get(reverse("admin:ledger_period_change", args=[period.pk])))


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
