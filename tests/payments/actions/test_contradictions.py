"""What a channel contradicts: two people say with evidence what is true, and it is booked once."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import ApprovalClosedError, SelfApprovalError, StaleApprovalError
from ledger.models import AuditEntry, JournalEntry
from payments.actions import capture_orders, contradictions, void_orders, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import (
    ContradictionStandsError,
    EvidenceMissingError,
    NotContradictedError,
    OperationNotFoundError,
)
from payments.models import Authorisation, Capture, Event, Refund, Void
from payments.queries.order_resolutions import Resolution
from settlements.queries import integrity
from tests.books import assert_balances, assert_entry
from tests.factories.payments import (
    answered_refund,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.payments.holding import REFUSED, authorised, done, holding_channel
from tests.rig.races import at_once
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
MAKER = "user:1"
AGREES = Decider("user:2", second_factor="totp")


@pytest.fixture(autouse=True)
def books_in_order(db):
    yield
    assert integrity.verify().violations == []


@pytest.fixture
def failed() -> Refund:
    """A refund of 30.00 that failed, and that its channel says it made."""
    refund = failed_refund(refund_asked(paid_payment(), amount_minor=3_000))
    told = Outcome(OutcomeKind.SUCCEEDED, amount_minor=3_000, currency="CNY", paid_at=NOON)
    refund = answered_refund(refund, told)
    assert (refund.status, refund.status_code) == ("failed", "contradicted")
    return refund


@pytest.fixture
def channel(monkeypatch):
    return holding_channel(monkeypatch)


def ask(operation_id: str, way: str, note: str = "Line 9 says so.") -> bytes:
    truth = Resolution(way, "channel_bill", "bill 2026-03-05, line 9", note)
    request = contradictions.request_truth(operation_id, truth, actor=MAKER, at=LATER)
    return digest_of(request.payload)


def agree(operation_id: str, digest: bytes, decider: Decider = AGREES) -> None:
    contradictions.approve_truth(operation_id, shown_digest=digest, decider=decider, at=LATER)


def end(operation_id: str, way: str) -> None:
    agree(operation_id, ask(operation_id, way))


def told(kind: str) -> int:
    assert AuditEntry.objects.filter(action=kind).count() == Event.objects.filter(kind=kind).count()
    return Event.objects.filter(kind=kind).count()


class TestRefunds:
    def test_what_was_made_after_all_is_funded_and_booked(self, failed):
        # When
        end(failed.operation_id, "made")

        # Then
        failed.refresh_from_db()
        assert (failed.status, failed.status_code, failed.succeeded_at) == ("succeeded", "", LATER)
        part = failed.allocations.get()
        assert_entry(
            f"{part.pk}:request:2", "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY"
        )
        assert_entry(f"{part.pk}:succeeded:2", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert_balances(part.allocation.merchant_id, merchant_pending="68.60")
        assert told("refund.succeeded") == 1
        assert refund_asked(failed.payment).amount_minor == 7_000

    def test_what_was_not_made_stays_failed_and_is_told_no_more(self, failed):
        # Given
        entries = JournalEntry.objects.count()

        # When
        end(failed.operation_id, "not_made")
        answered_refund(
            failed, Outcome(OutcomeKind.SUCCEEDED, amount_minor=3_000, currency="CNY", paid_at=NOON)
        )

        # Then
        assert (failed.status, failed.status_code) == ("failed", "contradiction_ended")
        assert JournalEntry.objects.count() == entries
        assert told("refund.contradiction_ended") == told("refund.contradicted") == 1

    @pytest.mark.parametrize(("way", "status"), [("not_made", "reversed"), ("made", "succeeded")])
    def test_a_success_that_the_channel_takes_back(self, way, status):
        # Given
        refund = refunded(refund_asked(paid_payment(), amount_minor=3_000))
        answered_refund(refund, Outcome(OutcomeKind.FAILED, code="CLOSED"))
        assert refund.status_code == "contradicted"

        # When
        end(refund.operation_id, way)

        # Then
        refund.refresh_from_db()
        assert refund.status == status
        if way == "not_made":
            part = refund.allocations.get().pk
            assert_entry(f"{part}:reversed", "Dr 1101 30.00 CNY\nCr 2101 30.00 CNY")

    def test_what_was_refunded_again_meanwhile_is_not_booked_twice(self, failed):
        # Given
        refunded(refund_asked(failed.payment, amount_minor=9_000))
        digest = ask(failed.operation_id, "made")

        # When, Then
        with nothing_written(), pytest.raises(ContradictionStandsError):
            agree(failed.operation_id, digest)

    def test_two_who_agree_at_once_book_it_once(self, failed):
        # Given
        digest = ask(failed.operation_id, "made")

        # When
        results = at_once(
            *(
                lambda who=who: agree(
                    failed.operation_id, digest, Decider(who, second_factor="totp")
                )
                for who in ("user:2", "user:3")
            )
        )

        # Then
        assert sum(result is None for result in results) == 1
        failed.refresh_from_db()
        assert (failed.status, failed.turn) == ("succeeded", 2)


class TestBetterEvidence:
    """Two people have said what is true, and were wrong."""

    def test_what_they_said_was_not_made_is_booked_when_it_was(self, failed):
        # Given
        end(failed.operation_id, "not_made")

        # When
        end(failed.operation_id, "made")

        # Then
        failed.refresh_from_db()
        assert (failed.status, failed.status_code) == ("succeeded", "")
        part = failed.allocations.get()
        assert_entry(f"{part.pk}:succeeded:2", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert_balances(part.allocation.merchant_id, merchant_pending="68.60")

    def test_what_they_said_was_made_is_owed_when_it_was_not(self):
        # Given
        refund = refunded(refund_asked(paid_payment(), amount_minor=3_000))
        answered_refund(refund, Outcome(OutcomeKind.FAILED, code="CLOSED"))
        end(refund.operation_id, "made")

        # When
        end(refund.operation_id, "not_made")

        # Then
        refund.refresh_from_db()
        assert (refund.status, refund.status_code) == ("reversed", "NOT_MADE")

    def test_it_is_not_said_without_two_people(self, failed):
        # Given
        end(failed.operation_id, "not_made")
        digest = ask(failed.operation_id, "made")

        # When, Then
        with nothing_written(), pytest.raises(SelfApprovalError):
            agree(failed.operation_id, digest, Decider(MAKER, second_factor="totp"))


class TestRefusals:
    def test_without_evidence_contradiction_or_order(self, failed):
        sound = refunded(refund_asked(paid_payment()))
        for operation_id, error in [
            (sound.operation_id, NotContradictedError),
            ("opr_0", OperationNotFoundError),
        ]:
            with nothing_written(), pytest.raises(error):
                ask(operation_id, "made")
        with nothing_written(), pytest.raises(EvidenceMissingError):
            ask(failed.operation_id, "made", note=" ")

    def test_by_one_person_unseen_or_twice(self, failed):
        digest = ask(failed.operation_id, "made")
        with nothing_written(), pytest.raises(SelfApprovalError):
            agree(failed.operation_id, digest, Decider(MAKER, second_factor="totp"))
        with nothing_written(), pytest.raises(StaleApprovalError):
            agree(failed.operation_id, b"\0" * 32)
        with nothing_written(), pytest.raises(ApprovalClosedError):
            ask(failed.operation_id, "not_made")

    def test_who_says_no_leaves_it_contradicted(self, failed):
        # When
        contradictions.reject_truth(
            failed.operation_id,
            shown_digest=ask(failed.operation_id, "made"),
            decider=AGREES,
            at=LATER,
            reason="Another line.",
        )

        # Then
        failed.refresh_from_db()
        assert (failed.status, failed.status_code) == ("failed", "contradicted")
        ask(failed.operation_id, "not_made")


def contradicted_capture(channel) -> Capture:
    payment = authorised(channel)
    channel.says["capture"] = [REFUSED]
    with transaction.atomic():
        capture = request_capture(CaptureRequest(payment.pk), actor="key:test", at=LATER)
    run_jobs()
    channel.made[Capture.objects.select_related("operation").get().operation.channel_no] = done(
        10_000
    )
    capture_orders.query_capture(capture.pk, at=LATER, is_notified=True)
    capture.refresh_from_db()
    assert (capture.status, capture.status_code) == ("failed", "contradicted")
    return capture


def test_a_capture_that_was_made_after_all_pays_its_payment(channel):
    # Given
    capture = contradicted_capture(channel)

    # When
    end(capture.operation_id, "made")

    # Then
    capture.refresh_from_db()
    payment = capture.payment
    assert (capture.status, payment.status, payment.paid_at) == ("succeeded", "paid", LATER)
    assert_balances(payment.allocations.get().merchant_id, merchant_pending="98.00")
    assert Authorisation.objects.get().ended_code == "captured"
    assert told("capture.succeeded") == 1


def test_a_capture_that_was_not_made_stays_failed(channel):
    # Given
    capture = contradicted_capture(channel)

    # When
    end(capture.operation_id, "not_made")

    # Then
    capture.refresh_from_db()
    assert (capture.status, capture.status_code) == ("failed", "contradiction_ended")
    assert told("capture.contradiction_ended") == 1


@pytest.mark.parametrize(("way", "status"), [("made", "succeeded"), ("not_made", "failed")])
def test_a_void_ends_as_the_evidence_says(channel, way, status):
    # Given
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")
    run_jobs()
    void = Void.objects.select_related("operation").get()
    channel.made[void.operation.channel_no] = done(10_000)
    void_orders.query_void(void.pk, at=LATER, is_notified=True)

    # When
    end(void.operation_id, way)

    # Then
    void.refresh_from_db()
    assert void.status == status
    assert (Authorisation.objects.get().ended_at is None) == (way == "not_made")
