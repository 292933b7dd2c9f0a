# ruff: noqa: F811  fixtures are imported
"""What a channel refused to give back, in the back office: ordered back again, wanted or not."""

import pytest

from ledger.models import AuditEntry
from payments.actions import attempts
from payments.models import Authorisation, Payment, Void
from tests.payments.admin.test_hold_pages import page, press, refused
from tests.payments.admin.truth_desk import LATER, an_hour_later, channel  # noqa: F401
from tests.payments.holding import REFUSED, authorised, confirmed_holding, done
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

HELD = "Held and not taken: 100.00 CNY."


@pytest.fixture
def wanted(channel) -> Authorisation:
    """One whose payment waits to be closed: its channel refused to give it back."""
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    press(desk("finance_maker"), "void", payment, reason="Out of stock.")
    run_jobs()
    assert Payment.objects.get().status == "closing"
    return Authorisation.objects.get()


@pytest.fixture
def spare(channel) -> Authorisation:
    """One of another amount than was asked for, that its channel refused to give back."""
    attempt = confirmed_holding()
    channel.made[attempt.operation.channel_no] = done(10_001)
    channel.says["void"] = [REFUSED]
    attempts.query_attempt(attempt.pk, at=LATER)
    run_jobs()
    return Authorisation.objects.get(is_spare=True)


def test_the_payment_that_is_being_closed_has_the_button(wanted):
    # Given
    maker = desk("finance_maker")
    assert HELD in words(page(maker, "void", wanted.payment))

    # When
    assert press(maker, "void", wanted.payment, reason="Once more.").status_code == 302
    run_jobs()

    # Then
    assert sorted(Void.objects.values_list("status", flat=True)) == ["failed", "succeeded"]
    assert Payment.objects.get().status == "closed"

    # When, Then: it is not offered for what has ended
    with nothing_written():
        again = page(maker, "void", wanted.payment)
    assert "This cannot be done now." in words(again)


def test_nothing_is_taken_of_what_is_being_closed(wanted):
    # Given
    maker = desk("finance_maker")
    assert "This cannot be done now." in words(page(maker, "capture", wanted.payment))

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(maker, "capture", wanted.payment, amount="1.00", reason="After all.")
    refused(response, "nothing_held")


def test_a_hold_that_nobody_wanted_has_the_button_on_its_own_page(spare):
    # Given
    maker = desk("finance_maker")
    assert "Held and not taken: 100.01 CNY." in words(
        page(maker, "void", spare, of="authorisation")
    )

    # When
    sent = press(maker, "void", spare, of="authorisation", reason="Once more.")
    run_jobs()

    # Then
    assert sent.status_code == 302
    made = Void.objects.get(status="succeeded")
    assert (made.amount_minor, made.code, made.requested_by) == (10_001, "voided", actor_of(maker))
    noted = AuditEntry.objects.get(action="void.submitting", subject=made.pk)
    assert noted.reason == "Once more."
    spare.refresh_from_db()
    assert (spare.ended_at, Payment.objects.get().status) == (LATER, "closed")


def test_what_is_on_its_way_back_is_not_ordered_back_again(spare):
    # Given
    maker = desk("finance_maker")
    press(maker, "void", spare, of="authorisation", reason="Once more.")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(maker, "void", spare, of="authorisation", reason="And again.")
    refused(response, "nothing_held")


@pytest.mark.parametrize("role", ["finance_checker", "support", "auditor", "risk_officer"])
def test_who_may_not_is_turned_away(spare, role):
    # Given
    client = desk(role)

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(client, "void", spare, of="authorisation", reason="Why.")
    assert response.status_code == 403
