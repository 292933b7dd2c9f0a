"""What a channel's answer about a transfer means for the payout, its settlement and the books."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from ledger import jobs
from ledger.actions import journal
from ledger.actions.audit import record_audit
from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.models import ChannelKind, ChannelOperation, DatabaseClock
from payments.queries.calendar import booking_date_of
from payments.states import OperationStatus
from settlements import locks
from settlements.actions import contradictions, moves, payout_orders, payouts
from settlements.errors import (
    FailureUnconfirmedError,
    NotAskableError,
    PayoutNotFoundError,
)
from settlements.models import Payout
from settlements.postings import payouts as postings
from settlements.queries.payouts import newest_payout
from settlements.states import PayoutStatus, SettlementStatus

AMOUNT_DIFFERS: Final = "AMOUNT_DIFFERS"
"""Our own code: the channel speaks of another amount or currency than we ordered."""

AGAIN: Final = timedelta(minutes=15)
"""How long to wait before asking again about what has ended, when no answer came."""

_STATUSES: Final[Mapping[str, PayoutStatus]] = {
    OperationStatus.PREPARED: PayoutStatus.QUEUED,
    OperationStatus.PROCESSING: PayoutStatus.PROCESSING,
    OperationStatus.AWAITING_PAYER: PayoutStatus.PROCESSING,
    OperationStatus.UNKNOWN: PayoutStatus.UNKNOWN,
    OperationStatus.MANUAL_REVIEW: PayoutStatus.MANUAL_REVIEW,
    OperationStatus.SUCCEEDED: PayoutStatus.SUCCEEDED,
    OperationStatus.FAILED: PayoutStatus.FAILED,
    OperationStatus.CLOSED: PayoutStatus.FAILED,
}
_OVER = (PayoutStatus.SUCCEEDED, PayoutStatus.FAILED)


def instruct(payout: Payout, *, actor: str, at: datetime) -> None:
    """Book a transfer that is about to be sent (E08); its settlement is being paid. A part."""
    assert connection.in_atomic_block, "instruct is a part; open a transaction around it"
    payout.entry_id = journal.post_entry(
        postings.instructed(
            payout.pk,
            merchant_id=payout.settlement.merchant_id,
            bank_account_id=payout.operation.channel_account_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            effective_date=booking_date_of(at),
            at=at,
        )
    )
    payout.save(update_fields=["entry"])
    moves.move(payout.settlement, SettlementStatus.PAYING, actor=actor, at=at)
    payout_orders.tell(payout, at=at)


def follow(payout: Payout, *, outcome: Outcome, at: datetime, actor: str = "") -> None:
    """Move a locked payout after its order, whose outcome was recorded just now. A part.

    Success makes the settlement paid and is booked at once, since a wallet sends no statement
    (E09w); failure takes the money back into the hold (E10a). Nothing new changes nothing.
    """
    assert connection.in_atomic_block, "follow is a part; open a transaction around it"
    operation = payout.operation
    status = _STATUSES[operation.status]
    if status == payout.status:
        return
    payout.bank_reference = operation.channel_ref[:64]
    actor = actor or f"channel:{operation.channel_account.channel}"
    was = payout.status
    payout_orders.mirror(payout, status, code=_code(payout, outcome, status=status), at=at)
    if status == PayoutStatus.MANUAL_REVIEW:
        record_audit(
            action="payout.manual_review",
            subject=payout.pk,
            actor=actor,
            at=at,
            before={"status": was},
            after={"status": status.value, "code": payout.status_code},
        )
    elif status == PayoutStatus.SUCCEEDED:
        _succeed(payout, outcome=outcome, actor=actor, at=at)
    elif status == PayoutStatus.FAILED:
        payouts.take_back(payout, code=payout.status_code, actor=actor, at=at)
        confirm_failure(payout, at=at)
    payout_orders.tell(payout, at=at)
    if outcome.kind == OutcomeKind.RETURNED and status == PayoutStatus.SUCCEEDED:
        _return(payout, outcome=outcome, actor=actor, at=at)


def is_over(payout_id: str) -> bool:
    """Tell whether the end of a payout is known, so that only news could change it.

    Raises PayoutNotFoundError.
    """
    status = Payout.objects.filter(pk=payout_id).values_list("status", flat=True).first()
    if status is None:
        raise PayoutNotFoundError
    return status in _OVER


@transaction.atomic(durable=True)
def have_asked(
    payout_id: str,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Let a worker ask the channel at once, as a person wants it. Only workers hold our keys.

    Raises NotAskableError for a payout that goes by file or was never sent, and
    PayoutNotFoundError; nothing is written then.
    """
    payout = locks.locked_payout(payout_id)
    if not is_askable(payout):
        raise NotAskableError
    ask_anew(payout, at=at)
    record_audit(
        action="payout.asked",
        subject=payout.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
    )


def is_askable(payout: Payout) -> bool:
    """Tell whether a channel could know this payout."""
    operation = payout.operation
    is_transfer = operation.channel_account.channel != ChannelKind.BANK
    return is_transfer and operation.first_sent_at is not None


def ask_anew(payout: Payout, *, at: datetime, due_at: datetime | None = None) -> None:
    """Have a worker ask about a payout, also if its end is known. A part.

    What is put off (`due_at`) keeps nobody from asking now.
    """
    jobs.defer(
        "settlements.query_payout",
        at=at,
        due_at=due_at,
        queueing_lock=f"{payout.pk}:{'later' if due_at else 'told'}",
        payout_id=payout.pk,
        is_notified=True,
    )


def is_failure_confirmed(payout: Payout) -> bool:
    """Tell whether the channel was asked about a transfer since it was refused, and agreed."""
    is_refused = payout.status == PayoutStatus.FAILED and is_askable(payout)
    return not is_refused or payout.operation.queries > 0


def confirm_failure(payout: Payout, *, at: datetime) -> None:
    """Have the channel asked once more about a transfer that it refused when it was sent. A part.

    Until it has answered the settlement is neither paid again nor given up.
    """
    if not is_failure_confirmed(payout):
        ask_anew(payout, at=at)


def require_failure_confirmed(settlement_id: str) -> None:
    """Refuse a locked settlement one of whose payouts was made, or may have been, after all.

    Raises PayoutContradictedError or FailureUnconfirmedError.
    """
    contradictions.require_uncontradicted(settlement_id)
    payout = newest_payout(settlement_id)
    if payout is not None and not is_failure_confirmed(payout):
        raise FailureUnconfirmedError


@transaction.atomic(durable=True)
def look_again(payout_id: str, *, outcome: Outcome, at: datetime) -> None:
    """Take what a channel answered about a payout whose end was known. Idempotent.

    One that was made may have come back (E10w). One that had failed and is said to be made, or
    worked on, is marked and told, and never paid again by itself (R8); else its failure is
    confirmed. Without an answer the channel is asked again later.
    """
    payout = locks.locked_payout(payout_id)
    actor = f"channel:{payout.operation.channel_account.channel}"
    if payout.status == PayoutStatus.SUCCEEDED and outcome.kind == OutcomeKind.RETURNED:
        _keep_evidence(payout.operation, outcome)
        _return(payout, outcome=outcome, actor=actor, at=at)
    elif payout.status == PayoutStatus.FAILED and outcome.kind in _MADE:
        if contradictions.contradict(payout, now=outcome.kind.value, actor=actor, at=at):
            _keep_evidence(payout.operation, outcome)
    elif outcome.kind in _NO_ANSWER and outcome.code != NOT_FOUND:
        _ask_again(payout, at=at)
    elif payout.status == PayoutStatus.FAILED and payout.operation.queries == 0:
        payout.operation.queries = 1
        payout.operation.save(update_fields=["queries"])


_MADE = (OutcomeKind.SUCCEEDED, OutcomeKind.RETURNED, OutcomeKind.PROCESSING)
_NO_ANSWER = (OutcomeKind.UNKNOWN, OutcomeKind.NOT_SENT)


def _succeed(payout: Payout, *, outcome: Outcome, actor: str, at: datetime) -> None:
    """Make the settlement paid, and book what left the wallet: E09w."""
    paid_at = outcome.paid_at or at
    payout.confirmed_entry_id = journal.post_entry(
        postings.transferred(
            payout.pk,
            channel_account_id=payout.operation.channel_account_id,
            amount_minor=payout.amount_minor,
            fee_minor=outcome.fee_minor or 0,
            currency=payout.currency,
            effective_date=booking_date_of(paid_at),
            at=at,
        )
    )
    payout.save(update_fields=["confirmed_entry"])
    payout.settlement.paid_at = paid_at
    moves.move(payout.settlement, SettlementStatus.PAID, actor=actor, at=at)


def _return(payout: Payout, *, outcome: Outcome, actor: str, at: datetime) -> None:
    """Take the money back into the hold: E10w. Finance decides how it is paid again."""
    payout_orders.mirror(payout, PayoutStatus.RETURNED, code=outcome.code, at=at)
    journal.post_entry(
        postings.transfer_returned(
            payout.pk,
            merchant_id=payout.settlement.merchant_id,
            channel_account_id=payout.operation.channel_account_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            effective_date=booking_date_of(at),
            at=at,
        )
    )
    moves.move(
        payout.settlement, SettlementStatus.RETURNED, code=payout.status_code, actor=actor, at=at
    )
    payout_orders.tell(payout, at=at)


def _keep_evidence(operation: ChannelOperation, outcome: Outcome) -> None:
    """Keep the channel's last words; the order's own end stays what it was."""
    operation.code = outcome.code[:80]
    operation.message = outcome.message[:300]
    operation.raw_answer = outcome.raw
    operation.save(update_fields=["code", "message", "raw_answer"])


def _ask_again(payout: Payout, *, at: datetime) -> None:
    """Have what has ended asked about again: the janitor leaves it alone."""
    due_at = (
        ChannelOperation.objects.filter(pk=payout.operation_id)
        .values_list(DatabaseClock() + AGAIN, flat=True)
        .get()
    )
    ask_anew(payout, at=at, due_at=due_at)


def _code(payout: Payout, outcome: Outcome, *, status: PayoutStatus) -> str:
    """Say why a payout is not simply done."""
    return "" if status == PayoutStatus.SUCCEEDED else outcome.code or payout.operation.code
