"""When the channel did it: two people take it from the evidence, and it is booked on that day."""

import pytest
from django.http import HttpResponse
from django.test import Client

from ledger.actions.approvals import digest_of
from ledger.models import ApprovalRequest, JournalEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction, Capture, ChannelOperation, PaymentAttempt, Refund
from settlements.queries import integrity
from tests.books import assert_entry
from tests.factories.holds import held_payment, ordered_capture
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    answered_refund,
    confirmed_payment,
    paid_payment,
    refund_asked,
)
from tests.instants import FRIDAY, NEXT_NOON, THURSDAY
from tests.payments.actions.test_resolving_holds import in_review
from tests.payments.admin import test_hold_pages
from tests.payments.admin.test_hold_pages import refused
from tests.payments.admin.test_holds_in_review import EVIDENCE, shown_digest
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

EARLY, THEN, YET = "2026-03-05T11:59", "2026-03-05T23:59", "2026-03-06T12:01"
"""Before it was ordered, the last minute of Thursday in Shanghai, and after it is now."""

PAID = """
    Dr 1101 100.00 CNY
    Dr 5001 0.60 CNY
    Cr 1101 0.60 CNY
    Cr 2001 98.00 CNY
    Cr 4001 2.00 CNY
"""


@pytest.fixture(autouse=True)
def friday_noon(db, settings, tmp_path):
    """It is Friday noon, nobody needs a second factor, and the books are in order at the end."""
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    yield
    assert integrity.verify().violations == []


@pytest.fixture
def capture() -> Capture:
    """One of all 100.00, ordered on Thursday noon, of which no channel says anything."""
    held = held_payment(MerchantFactory(), channel=AlipayAccountFactory())
    return in_review(ordered_capture(held))


@pytest.fixture
def attempt() -> PaymentAttempt:
    """One of 100.00, ordered on Thursday noon, of which no channel says anything."""
    AlipayAccountFactory()
    tried = confirmed_payment()
    for status in ("sending", "unknown", "manual_review"):
        ChannelOperation.objects.update(status=status)
        PaymentAttempt.objects.update(status=status)
    run_jobs()
    tried.refresh_from_db()
    return tried


@pytest.fixture
def refund() -> Refund:
    """One of 30.00, ordered on Thursday noon, of which no channel says anything."""
    asked = answered_refund(
        refund_asked(paid_payment(), amount_minor=3_000), Outcome(OutcomeKind.UNKNOWN, code="MUTE")
    )
    ChannelOperation.objects.filter(subject=asked.pk).update(status="manual_review")
    run_jobs()
    asked.refresh_from_db()
    return asked


def press(client: Client, name: str, row, **sent: str) -> HttpResponse:
    return test_hold_pages.press(client, name, row.operation, of="channeloperation", **sent)


def ask(client: Client, row, told: str, **other: str) -> HttpResponse:
    return press(client, "ask_resolution", row, **{**EVIDENCE, "happened_at": told, **other})


def agree(client: Client, row) -> HttpResponse:
    digest = shown_digest(client, "approve_resolution", row.operation)
    return press(client, "approve_resolution", row, shown_digest=digest)


def end(row, told: str, **other: str) -> None:
    """Have one person ask and another agree, and the worker record it."""
    assert ask(desk("finance_maker"), row, told, **other).status_code == 302
    assert agree(desk("finance_checker"), row).status_code == 302
    run_jobs()
    row.refresh_from_db()


def test_the_other_person_sees_the_time_and_agrees_to_it(capture):
    # Given
    checker = desk("finance_checker")
    ask(desk("finance_maker"), capture, THEN)
    request = ApprovalRequest.objects.get()
    assert request.payload["happened_at"] == "2026-03-05T15:59:00+00:00"

    # When
    response = test_hold_pages.page(
        checker, "approve_resolution", capture.operation, of="channeloperation"
    )

    # Then
    assert "When the channel did it" in words(response)
    assert "2026-03-05 23:59" in words(response)  # as all pages tell it, in Shanghai

    # When somebody agrees to the same without its time
    silent = {name: value for name, value in request.payload.items() if name != "happened_at"}
    with nothing_written(but=ITS_OWN_REFUSAL):
        stale = press(checker, "approve_resolution", capture, shown_digest=digest_of(silent).hex())

    # Then
    refused(stale, "stale_approval")


@pytest.mark.parametrize(("told", "day"), [(THEN, THURSDAY), ("", FRIDAY)], ids=["told", "empty"])
class TestIsBookedThatDay:
    """What is left empty is booked on the day on which it is agreed to."""

    def test_of_a_capture(self, capture, told, day):
        # When
        end(capture, told)

        # Then
        assert capture.status == "succeeded"
        assert capture.payment.paid_at == capture.succeeded_at
        source = f"{capture.shares.get().pk}:captured"
        assert_entry(source, PAID)
        assert JournalEntry.objects.get(source=source).effective_date == day
        assert BalanceTransaction.objects.get().effective_date == day

    def test_of_a_payment(self, attempt, told, day):
        # When
        end(attempt, told)

        # Then
        assert (attempt.status, attempt.payment.status) == ("succeeded", "paid")
        source = f"{attempt.payment.allocations.get().pk}:paid"
        assert_entry(source, PAID)
        assert JournalEntry.objects.get(source=source).effective_date == day
        assert BalanceTransaction.objects.get().effective_date == day

    def test_of_a_refund(self, refund, told, day):
        # When
        end(refund, told)

        # Then
        assert refund.status == "succeeded"
        source = f"{refund.allocations.get().pk}:succeeded"
        assert_entry(source, "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert JournalEntry.objects.get(source=source).effective_date == day


@pytest.mark.parametrize("told", [EARLY, YET], ids=["early", "yet"])
def test_a_time_at_which_it_cannot_have_happened_is_refused(capture, told):
    # Given
    maker = desk("finance_maker")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = ask(maker, capture, told)
    refused(response, "evidence_time", status=422)


@pytest.mark.parametrize("told", ["yesterday", "2026-02-30T12:00"])
def test_what_is_no_time_is_refused(capture, told):
    # Given
    maker = desk("finance_maker")

    # When, Then
    with nothing_written():
        response = ask(maker, capture, told)
    assert (response.status_code, "Enter a valid date/time." in words(response)) == (200, True)


@pytest.mark.parametrize("told", ["2026-03-05T12:00", "2026-03-06T12:00"], ids=["ordered", "now"])
def test_the_minute_of_the_order_and_this_minute_are_possible(capture, told):
    assert ask(desk("finance_maker"), capture, told).status_code == 302


def test_of_what_failed_nothing_is_booked_whatever_time_was_told(capture):
    # Given
    entries = JournalEntry.objects.count()

    # When
    end(capture, THEN, outcome="failed")

    # Then
    assert (capture.status, JournalEntry.objects.count()) == ("failed", entries)
