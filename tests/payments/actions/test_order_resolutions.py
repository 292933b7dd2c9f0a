"""What no channel answers for: two people end it with evidence; nothing else does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import ApprovalClosedError, SelfApprovalError, StaleApprovalError
from ledger.models import ApprovalRequest, AuditEntry
from payments.actions import attempts, closing, operations, order_resolutions
from payments.errors import (
    EvidenceMissingError,
    EvidenceTimeError,
    NotInReviewError,
    OperationNotFoundError,
)
from payments.models import (
    BalanceTransaction,
    ChannelOperation,
    ParkedMoney,
    Payment,
    PaymentAttempt,
)
from payments.queries.calendar import business_date_of
from payments.queries.order_resolutions import Resolution
from payments.states import OperationStatus
from settlements.actions import transfers
from settlements.models import Payout
from settlements.queries import integrity
from tests.books import assert_balances
from tests.factories.payments import AlipayAccountFactory, confirmed_payment
from tests.factories.settlements import available_money, sent_transfer, settled_merchant
from tests.instants import NEXT_NOON, NOON
from tests.payments.holding import done, holding_channel
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

MAKER = "user:1"
AGREES = Decider("user:2", second_factor="totp")
PAID = Resolution("succeeded", "channel_bill", "bill 2026-03-05, line 7", "Paid at 12:03.")
NEVER_PAID = Resolution("failed", "channel_letter", "mail 5", "No such order.")


@pytest.fixture
def attempt() -> PaymentAttempt:
    """A payment of 100.00 whose order was asked about to the end of the schedule."""
    AlipayAccountFactory()
    attempt = confirmed_payment()
    for status in ("sending", "unknown", "manual_review"):
        ChannelOperation.objects.update(status=status)
        PaymentAttempt.objects.update(status=status)
    attempt.refresh_from_db()
    return attempt


def ask(operation_id: str, resolution: Resolution = PAID) -> bytes:
    """Ask; return the digest of what the other person is shown."""
    request = order_resolutions.request_resolution(operation_id, resolution, actor=MAKER, at=NOON)
    return digest_of(request.payload)


def agree(operation_id: str, digest: bytes, decider: Decider = AGREES) -> None:
    order_resolutions.approve_resolution(
        operation_id, shown_digest=digest, decider=decider, at=NOON
    )


def test_a_payment_is_paid_as_the_evidence_says_in_the_name_of_both(attempt):
    # Given
    order = attempt.operation_id
    agree(order, ask(order))

    # When the worker comes, even twice
    for _ in range(2):
        attempts.resolve_attempt(attempt.pk, at=NOON)

    # Then it was booked as if the channel had said so
    operation = ChannelOperation.objects.get()
    assert (operation.status, operation.code) == ("succeeded", "BY_EVIDENCE")
    assert operation.message == "channel_bill bill 2026-03-05, line 7: Paid at 12:03."
    attempt.payment.refresh_from_db()
    assert attempt.payment.status == "paid"
    assert_balances(attempt.payment.allocations.get().merchant_id, merchant_pending="98.00")
    request = ApprovalRequest.objects.get()
    assert (request.amount_minor, request.currency) == (10_000, "CNY")
    paid = AuditEntry.objects.get(action="payment.paid")
    assert paid.actor == f"approval:{request.pk}"


def test_a_payment_that_was_never_made_may_be_tried_again(attempt):
    # Given
    order = attempt.operation_id
    agree(order, ask(order, NEVER_PAID))

    # When
    attempts.resolve_attempt(attempt.pk, at=NOON)

    # Then
    attempt.refresh_from_db()
    assert (attempt.status, attempt.payment.status) == ("closed", "awaiting_payment")
    assert attempt.operation.code == "BY_EVIDENCE"


@pytest.mark.parametrize(
    ("was", "becomes", "parked"),
    [("awaiting_payment", "paid", []), ("closed", "paid_late", ["paid_late"])],
)
def test_a_payment_that_was_made_after_all_is_believed_later(
    attempt, monkeypatch, was, becomes, parked
):
    # Given people were wrong, and the payment waits still or was given up since
    channel = holding_channel(monkeypatch)
    order = attempt.operation
    agree(order.pk, ask(order.pk, NEVER_PAID))
    attempts.resolve_attempt(attempt.pk, at=NOON)
    if was == "closed":
        closing.expire_payments(actor="task:test", at=NEXT_NOON)
    assert Payment.objects.get().status == was

    # When the channel tells us of it, even twice
    channel.made[order.channel_no] = done(10_000)
    for _ in range(2):
        attempts.query_attempt(attempt.pk, at=NEXT_NOON, is_notified=True)

    # Then
    attempt.refresh_from_db()
    assert (attempt.status, attempt.payment.status) == ("succeeded", becomes)
    assert list(ParkedMoney.objects.values_list("kind", flat=True)) == parked
    assert integrity.verify().violations == []


def test_a_transfer_that_failed_gives_its_money_back():
    # Given
    merchant = settled_merchant(with_destination=False)
    available_money(merchant)
    payout, _lease = sent_transfer(merchant, channel=AlipayAccountFactory())
    for status in ("unknown", "manual_review"):
        ChannelOperation.objects.filter(pk=payout.operation_id).update(
            status=status, lease_token=None, lease_until=None
        )
        Payout.objects.update(status=status)
    order = payout.operation_id
    agree(order, ask(order, Resolution("failed", "channel_letter", "mail 5", "Never made.")))

    # When
    transfers.resolve_payout(payout.pk, at=NEXT_NOON)

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.settlement.status) == ("failed", "pay_failed")
    assert payout.operation.code == "BY_EVIDENCE"


def test_nothing_is_recorded_before_the_second_person_agreed(attempt):
    # Given
    ask(attempt.operation_id)

    # When
    with nothing_written():
        attempts.resolve_attempt(attempt.pk, at=NOON)

    # Then
    assert ChannelOperation.objects.get().status == "manual_review"


def test_the_channel_s_own_word_comes_first(attempt):
    # Given it answers between the question and the agreement
    order = attempt.operation_id
    digest = ask(order)
    ChannelOperation.objects.update(status="failed")

    # When, Then
    with nothing_written(), pytest.raises(NotInReviewError):
        agree(order, digest)


def test_who_asks_does_not_agree(attempt):
    # Given
    digest = ask(attempt.operation_id)

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        agree(attempt.operation_id, digest, Decider(MAKER, second_factor="totp"))


def test_agrees_to_what_was_shown_only(attempt):
    # Given
    ask(attempt.operation_id)

    # When, Then
    with nothing_written(), pytest.raises(StaleApprovalError):
        agree(attempt.operation_id, b"\0" * 32)


@pytest.mark.parametrize("missing", ["reference", "note"])
def test_refuses_without_evidence(attempt, missing):
    fields = {"outcome": "succeeded", "evidence": "channel_bill", "reference": "a", "note": "b"}
    with nothing_written(), pytest.raises(EvidenceMissingError):
        ask(attempt.operation_id, Resolution(**{**fields, missing: " "}))


def test_it_is_booked_on_the_day_on_which_the_evidence_says_it_happened(attempt):
    # Given evidence of which people learn days later
    told = NOON + timedelta(minutes=3)
    resolution = replace(PAID, happened_at=told)
    later = NOON + timedelta(days=3)
    request = order_resolutions.request_resolution(
        attempt.operation_id, resolution, actor=MAKER, at=later
    )

    # When
    order_resolutions.approve_resolution(
        attempt.operation_id, shown_digest=digest_of(request.payload), decider=AGREES, at=later
    )
    attempts.resolve_attempt(attempt.pk, at=later)

    # Then
    attempt.payment.refresh_from_db()
    assert (attempt.payment.status, attempt.payment.paid_at) == ("paid", told)
    line = BalanceTransaction.objects.get()
    assert line.effective_date == business_date_of(told)


@pytest.mark.parametrize("away", [timedelta(minutes=-1), timedelta(hours=2)], ids=["before", "yet"])
def test_refuses_a_time_before_the_order_or_to_come(attempt, away):
    told = attempt.operation.created_at.replace(second=0, microsecond=0) + away
    with nothing_written(), pytest.raises(EvidenceTimeError):
        order_resolutions.request_resolution(
            attempt.operation_id,
            replace(PAID, happened_at=told),
            actor=MAKER,
            at=attempt.operation.created_at + timedelta(hours=1),
        )


def test_refuses_what_is_not_in_review_not_there_or_asked_twice(attempt):
    # Given
    with nothing_written(), pytest.raises(OperationNotFoundError):
        ask("opr_none")
    ask(attempt.operation_id)

    # When, Then
    with nothing_written(), pytest.raises(ApprovalClosedError):
        ask(attempt.operation_id)
    ChannelOperation.objects.update(status="succeeded")
    with nothing_written(), pytest.raises(NotInReviewError):
        ask(attempt.operation_id)


def test_waits_for_who_is_asking_the_channel_at_this_moment(attempt):
    # Given
    order = attempt.operation_id
    agree(order, ask(order))
    with transaction.atomic():
        assert operations.claim_to_ask(attempt.pk, is_notified=True) is not None

    # When
    attempts.resolve_attempt(attempt.pk, at=NOON)

    # Then
    assert ChannelOperation.objects.get().status == OperationStatus.MANUAL_REVIEW


def test_what_two_people_agreed_to_is_not_undone_by_one_who_asks_once_more(attempt):
    # Given it is agreed to and not recorded yet
    order = attempt.operation_id
    agree(order, ask(order))

    # When somebody asks for the opposite
    with nothing_written(), pytest.raises(ApprovalClosedError):
        ask(order, NEVER_PAID)
    attempts.resolve_attempt(attempt.pk, at=NOON)

    # Then
    attempt.payment.refresh_from_db()
    assert attempt.payment.status == "paid"


def test_what_two_people_agreed_to_stands_beside_a_request_that_was_asked_after_it(attempt):
    # Given a request that was open beside it, as one could be asked for before
    order = attempt.operation_id
    agree(order, ask(order))
    agreed = ApprovalRequest.objects.get()
    ChannelOperation.objects.update(resolution=agreed.pk)
    ask(order, NEVER_PAID)
    ChannelOperation.objects.update(resolution="")

    # When
    attempts.resolve_attempt(attempt.pk, at=NOON)

    # Then it is what two people said, not what one did
    operation = ChannelOperation.objects.get()
    assert (operation.status, operation.resolution) == ("succeeded", agreed.pk)
