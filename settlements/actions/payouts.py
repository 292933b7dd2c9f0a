"""Sending payouts to the bank by file, and recording what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import connection, transaction

from ledger.actions import approval_ends, approvals, journal
from ledger.actions.audit import record_audit
from ledger.actions.journal import MAX_POSTINGS
from ledger.errors import ApprovalExpiredError, StaleApprovalError
from payments.actions import holds
from payments.models import ChannelAccount
from payments.queries.calendar import booking_date_of
from payments.states import OperationStatus
from settlements import locks
from settlements.actions import contradictions, moves, payment_files, payout_orders
from settlements.errors import PayoutContradictedError
from settlements.models import PaymentFile, Payout, Settlement
from settlements.postings import payouts as postings
from settlements.queries.payouts import contradicted_among
from settlements.queries.settlements import payloads_of
from settlements.states import PayoutStatus, SettlementStatus

PAYOUTS_PER_FILE = 5_000
"""More than any bank takes in one file; the rest goes into the next."""

ENTRIES_PER_CALL = MAX_POSTINGS // 2


@transaction.atomic(durable=True)
def export_payment_file(
    bank_account_id: str, *, execution_date: date, actor: str, at: datetime
) -> PaymentFile | None:
    """Send the queued payouts of our bank account in one file; return it, or None if none wait.

    Each settlement is compared once more with what was approved; one that changed is not paid
    and becomes a draft again. The others are booked (E08), and are at the bank from now on: a
    second call, also at the same moment, takes others. `execution_date` is the bank's local day.

    Raises SendingHeldError while payouts are held back, DecryptionError or PaymentFileError when a
    row cannot be paid as it is; nothing is written then, and nothing was sent.
    """
    holds.require_payouts_may_leave(bank_account_id)
    settlements = locks.locked_settlements_to_pay(
        bank_account_id=bank_account_id, limit=PAYOUTS_PER_FILE
    )
    unchanged = executed_unchanged(settlements, actor=actor, at=at)
    if not unchanged:
        return None
    payouts = locks.locked_queued_payouts([settlement.pk for settlement in unchanged])
    by_id = {settlement.pk: settlement for settlement in unchanged}
    for payout in payouts:
        payout.settlement = by_id[payout.settlement_id]
    file = payment_files.write_payment_file(
        ChannelAccount.objects.get(pk=bank_account_id),
        payouts=payouts,
        execution_date=execution_date,
        at=at,
    )
    _instruct(payouts, file=file, at=at)
    for payout in payouts:
        moves.move(payout.settlement, SettlementStatus.PAYING, actor=actor, at=at)
        payout_orders.tell(payout, at=at)
    record_audit(
        action="payment_file.exported",
        subject=file.pk,
        actor=actor,
        at=at,
        after={
            "bank_account": bank_account_id,
            "message_id": file.message_id,
            "payouts": file.payout_count,
            "total": file.total_minor,
            "currency": file.currency,
            "sha256": bytes(file.sha256).hex(),
        },
    )
    return file


def executed_unchanged(
    settlements: Sequence[Settlement], *, actor: str, at: datetime
) -> list[Settlement]:
    """Execute the approvals of locked settlements, and return those that may be paid. A part.

    What is no longer what was approved, or was approved too long ago, loses its queued payout and
    its approval, and so does what may have been paid already: an earlier payout of it failed, and
    is said to be made after all.
    """
    ids = [settlement.pk for settlement in settlements]
    payloads = payloads_of(ids)
    contradicted = contradicted_among(ids)
    executed = approvals.execute_unchanged(
        {
            settlement.approval_id: payloads[settlement.pk]
            for settlement in settlements
            if settlement.approval_id is not None
            and settlement.pk not in contradicted
            and approvals.digest_of(payloads[settlement.pk])
            == bytes(settlement.approved_digest or b"")
        },
        at=at,
    )
    for settlement in settlements:
        if settlement.approval_id not in executed:
            code = StaleApprovalError.code
            if settlement.pk in contradicted:
                code = PayoutContradictedError.code
            elif settlement.approval is not None and settlement.approval.expires_at <= at:
                code = ApprovalExpiredError.code
                approval_ends.end_expired(settlement.approval, actor=actor, at=at)
            set_back(settlement, code=code, actor=actor, at=at)
    return [settlement for settlement in settlements if settlement.approval_id in executed]


def set_back(settlement: Settlement, *, code: str, actor: str, at: datetime) -> None:
    """Take an approval back that is about something else, or too old; people decide anew. A part.

    What was never paid becomes a draft; what failed or came back stays that.
    """
    assert settlement.approval is not None, "what is approved has its request"
    payout_orders.drop_queued_payouts([settlement.pk], code=code, at=at)
    approvals.void(settlement.approval, at=at)
    settlement.approved_digest = None
    if settlement.status != SettlementStatus.APPROVED:
        settlement.save(update_fields=["approved_digest"])
        return
    moves.move(settlement, SettlementStatus.APPROVAL_EXPIRED, code=code, actor=actor, at=at)
    moves.move(settlement, SettlementStatus.DRAFT, code=code, actor=actor, at=at)


def _instruct(payouts: Sequence[Payout], *, file: PaymentFile, at: datetime) -> None:
    """Book E08 for every payout of a file, and move payouts and orders on: a few statements."""
    payout_orders.move_payouts(payouts, PayoutStatus.SENDING, order=OperationStatus.SENDING)
    day = booking_date_of(at)
    entries = [
        postings.instructed(
            payout.pk,
            merchant_id=payout.settlement.merchant_id,
            bank_account_id=payout.operation.channel_account_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            effective_date=day,
            at=at,
        )
        for payout in payouts
    ]
    for start in range(0, len(entries), ENTRIES_PER_CALL):
        chunk = payouts[start : start + ENTRIES_PER_CALL]
        entry_ids = journal.post_entries(entries[start : start + ENTRIES_PER_CALL])
        for payout, entry_id in zip(chunk, entry_ids, strict=True):
            payout.entry_id = entry_id
            payout.payment_file = file
    payout_orders.move_payouts(payouts, PayoutStatus.EXPORTED, order=OperationStatus.PROCESSING)
    Payout.objects.bulk_update(payouts, ["entry", "payment_file"], batch_size=1_000)


class PayoutResult(StrEnum):
    """What the bank says became of a payout; `pending` is that it works on it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PENDING = "pending"


class Recorded(StrEnum):
    """What recording an outcome did.

    `contradicts`: the payout had ended otherwise before; the bank's first word stands and people
    look; one that failed and is said to be made is never paid again. `not_sent`: it never left
    us, so the bank cannot know it.
    """

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONTRADICTS = "contradicts"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class PayoutOutcome:
    """What the bank reported of one payout, with its own code and words."""

    result: PayoutResult
    code: str = ""
    message: str = ""
    bank_reference: str = ""


def record_payout_outcome(
    payout: Payout, outcome: PayoutOutcome, *, actor: str, at: datetime
) -> Recorded:
    """Record what became of a payout, and move its settlement with it. A part.

    The payout carries its settlement, both locked. Success makes the settlement paid; failure
    takes the money back into the hold (E10a). The same outcome twice changes nothing. Success of
    what had failed is marked and told, so that nobody pays it again.
    """
    assert connection.in_atomic_block, "record_payout_outcome is a part"
    if payout.status in (PayoutStatus.QUEUED, PayoutStatus.SENDING) or payout.entry_id is None:
        return Recorded.NOT_SENT
    if payout.finished_at is not None:
        if payout.status == outcome.result.value:
            return Recorded.UNCHANGED
        if payout.status == PayoutStatus.FAILED and outcome.result == PayoutResult.SUCCEEDED:
            contradictions.contradict(payout, now=outcome.result.value, actor=actor, at=at)
        return Recorded.CONTRADICTS
    payout.bank_reference = outcome.bank_reference[:64] or payout.bank_reference
    payout.operation.channel_ref = payout.bank_reference
    payout.operation.message = outcome.message[:300]
    if outcome.result == PayoutResult.PENDING:
        return _note(payout, code=outcome.code)
    if outcome.result == PayoutResult.SUCCEEDED:
        _succeed(payout, actor=actor, at=at)
    else:
        fail(payout, code=outcome.code, actor=actor, at=at)
    payout_orders.tell(payout, at=at)
    return Recorded.CHANGED


def _note(payout: Payout, *, code: str) -> Recorded:
    """Keep the bank's word on a payout that it still works on; it stays where it is."""
    if payout.status_code == code:
        return Recorded.UNCHANGED
    payout.status_code = code[:60]
    payout.save(update_fields=["status_code", "bank_reference"])
    payout.operation.save(update_fields=["message", "channel_ref"])
    return Recorded.CHANGED


def _succeed(payout: Payout, *, actor: str, at: datetime) -> None:
    payout_orders.move_payout(
        payout, PayoutStatus.SUCCEEDED, order=OperationStatus.SUCCEEDED, at=at
    )
    payout.settlement.paid_at = at
    moves.move(payout.settlement, SettlementStatus.PAID, actor=actor, at=at)


def fail(payout: Payout, *, code: str, actor: str, at: datetime) -> None:
    """End a locked payout that moved no money, and its order with it. A part."""
    payout_orders.move_payout(
        payout, PayoutStatus.FAILED, order=OperationStatus.FAILED, code=code[:60], at=at
    )
    take_back(payout, code=code, actor=actor, at=at)


def take_back(payout: Payout, *, code: str, actor: str, at: datetime) -> None:
    """Put the money of a payout that failed back into the hold: E10a. A part."""
    settlement = payout.settlement
    journal.post_entry(
        postings.failed(
            payout.pk,
            merchant_id=settlement.merchant_id,
            bank_account_id=payout.operation.channel_account_id,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            effective_date=booking_date_of(at),
            at=at,
        )
    )
    moves.move(settlement, SettlementStatus.PAY_FAILED, code=code[:60], actor=actor, at=at)
