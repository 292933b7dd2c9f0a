"""Holding back what is sent, by one, and letting it go, by two (R12, F13)."""

import pytest
from django.db import transaction

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import ApprovalClosedError, SelfApprovalError
from ledger.models import AuditEntry
from payments.actions import holds, operations
from payments.errors import (
    HoldNotFoundError,
    HoldReasonMissingError,
    HoldReleasedError,
    SendingHeldError,
)
from payments.models import ChannelOperation, DatabaseClock, Event, HoldCover, SendingHold
from payments.queries.operations import operations_due
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NEXT_NOON, NOON
from tests.rig.attacks import refused, run_sql
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

MAKER, CHECKER = "user:1", "user:2"
AGREES = Decider(CHECKER, second_factor="totp")
ALARM = "task:settlements.prove"


@pytest.fixture
def channel():
    return AlipayAccountFactory()


def order(channel, kind: str = "payout", **other) -> ChannelOperation:
    number = ChannelOperation.objects.count()
    return ChannelOperation.objects.create(
        kind=kind,
        channel_account=channel,
        channel_no=f"PO{number}",
        subject=f"po_{number}",
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
        **other,
    )


def hold(covers=HoldCover.PAYOUTS, **other) -> SendingHold:
    return holds.hold_sending(
        covers, **{"actor": MAKER, "at": NOON, "reason": "The bank balance is short.", **other}
    )


def is_sent(operation: ChannelOperation) -> bool:
    return operations.claim_to_send(operation.subject) is not None


def asked(standing: SendingHold, *, actor: str = MAKER) -> bytes:
    """Ask for its release; return the digest of what the other person is shown."""
    row = holds.request_release(standing.pk, actor=actor, at=NOON, reason="Found and booked.")
    return digest_of(row.approval.payload)


def test_nothing_that_it_covers_is_sent_while_it_stands(channel):
    # Given
    payout, refund = order(channel), order(channel, "refund")

    # When
    standing = hold()

    # Then
    assert not is_sent(payout)
    assert is_sent(refund)
    audit = AuditEntry.objects.get(action="sending_hold.placed")
    assert (audit.subject, audit.actor, audit.reason) == (
        standing.pk,
        MAKER,
        "The bank balance is short.",
    )
    assert Event.objects.get().kind == "sending_hold.placed"


def test_one_of_everything_holds_refunds_and_payments_too(channel):
    # Given
    hold(HoldCover.EVERYTHING)

    # When, Then
    assert [is_sent(order(channel, kind)) for kind in ("pay", "refund", "payout")] == [False] * 3


def test_one_of_an_account_leaves_the_others_alone(channel):
    # Given
    hold(channel_account_id=channel.pk)

    # When, Then
    assert not is_sent(order(channel))
    assert is_sent(order(AlipayAccountFactory()))


def test_questions_go_on_and_nothing_is_sent_again(channel):
    # Given an order whose outcome is unknown
    operation = order(channel)
    operations.claim_to_send(operation.subject)
    ChannelOperation.objects.update(status="unknown", lease_until=DatabaseClock())

    # When
    hold()

    # Then
    assert operations.claim_to_resend(operation.subject) is None
    assert operations.claim_to_ask(operation.subject) is not None


def test_what_waits_behind_it_wakes_nobody_and_is_due_once_it_is_released(channel):
    # Given an order whose job found the hold
    operation = order(channel)
    standing = hold()
    assert not is_sent(operation)
    assert operations_due("payout", limit=9) == []

    # When two people release it
    digest = asked(standing)
    holds.approve_release(standing.pk, shown_digest=digest, decider=AGREES, at=NEXT_NOON)

    # Then
    standing.refresh_from_db()
    assert standing.released_at == NEXT_NOON
    assert operations_due("payout", limit=9) == [operation]
    assert is_sent(operation)
    assert AuditEntry.objects.get(action="sending_hold.released").actor == CHECKER


def test_a_proof_that_fails_again_holds_once(channel):
    # Given
    first = hold(actor=ALARM)

    # When, Then people's holds are each their own
    with nothing_written():
        assert hold(actor=ALARM) == first
    hold()
    hold()
    assert SendingHold.objects.count() == 3


def test_each_hold_is_released_for_itself(channel):
    # Given
    first = hold()
    hold(actor=ALARM)

    # When
    holds.approve_release(first.pk, shown_digest=asked(first), decider=AGREES, at=NOON)

    # Then
    assert not is_sent(order(channel))


def test_who_asked_for_the_release_cannot_agree_to_it(channel):
    # Given
    standing = hold(actor="user:3")
    digest = asked(standing, actor=MAKER)

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        holds.approve_release(
            standing.pk, shown_digest=digest, decider=Decider(MAKER, second_factor="totp"), at=NOON
        )
    assert not is_sent(order(channel))


def test_a_no_leaves_it_standing_and_it_may_be_asked_again(channel):
    # Given
    standing = hold()
    holds.reject_release(
        standing.pk,
        shown_digest=asked(standing),
        decider=AGREES,
        at=NOON,
        reason="Not yet.",
    )

    # When, Then
    assert not is_sent(order(channel))
    asked(standing)


@pytest.mark.parametrize("reason", ["", "  "])
def test_refuses_without_a_reason(reason):
    with nothing_written(), pytest.raises(HoldReasonMissingError):
        hold(reason=reason)


def test_refuses_what_is_not_there_asked_twice_or_over():
    # Given
    with nothing_written(), pytest.raises(HoldNotFoundError):
        holds.request_release("hld_none", actor=MAKER, at=NOON, reason="x")
    standing = hold()
    digest = asked(standing)

    # When, Then
    with pytest.raises(ApprovalClosedError):
        asked(standing)
    holds.approve_release(standing.pk, shown_digest=digest, decider=AGREES, at=NOON)
    with nothing_written(), pytest.raises(HoldReleasedError):
        asked(standing)


def test_payment_files_ask_before_they_are_written(channel):
    # Given
    hold(channel_account_id=channel.pk)

    # When, Then
    with pytest.raises(SendingHeldError), transaction.atomic():
        holds.require_payouts_may_leave(channel.pk)
    holds.require_payouts_may_leave(AlipayAccountFactory().pk)


class TestInTheDatabase:
    """Past our code the laws of holds are PostgreSQL's."""

    def test_no_hold_is_released_without_two_people(self):
        # Given
        standing = hold()
        asked(standing)

        # When, Then
        with refused("not released by two people"):
            SendingHold.objects.update(released_at=NOON)

    def test_no_hold_is_deleted_or_rewritten(self):
        # Given
        hold()

        # When, Then
        with refused("permission denied|written once"):
            run_sql("DELETE FROM payments_sendinghold")
        with refused("never changes"):
            SendingHold.objects.update(covers="everything")
