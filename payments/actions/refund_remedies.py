"""Deliver an abnormal refund in another way: one person asks, another agrees, the channel does it.

The order keeps its number. Its intent is committed first, and it is given only right after the
channel was asked and said that the refund is abnormal still (`payments.actions.refund_orders`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from ledger import encryption, jobs
from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.identifiers import new_id
from ledger.states import ApprovalState
from payments import locks, states
from payments.actions import refund_moves, remedy_moves
from payments.actions.channels import channel_of
from payments.channels.base import (
    AbnormalRefundRequest,
    AbnormalRefunds,
    AbnormalRefundWay,
    Outcome,
    OutcomeKind,
)
from payments.errors import (
    RefundNotFoundError,
    RefundReasonMissingError,
    RemedyAccountError,
    RemedyNotAskedError,
)
from payments.models import ChannelOperation, DatabaseClock, Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.refund_remedies import (
    APPROVAL_KIND,
    open_remedy,
    remedy_payload,
    remedy_to_order,
)
from payments.states import OperationStatus, RefundStatus

ACCOUNT_DIGITS_MIN, ACCOUNT_DIGITS_MAX = 8, 32
HOLDER_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class PayerCard:
    """A bank card of the payer's: the channel's word for the bank, the account, and its holder."""

    bank: str
    account: str = field(repr=False)
    holder_name: str = field(repr=False)


@transaction.atomic(durable=True)
def request_remedy(
    refund_id: str,
    *,
    card: PayerCard,
    note: str,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> RefundRemedy:
    """Ask another person to agree that an abnormal refund goes to a card of the payer's.

    The account and its holder are kept encrypted, and forgotten when the way ends.

    Raises RefundReasonMissingError, RefundNotFoundError, IllegalMoveError for a refund that is not
    abnormal, RemedyAccountError for what is no account, or ApprovalClosedError when another way is
    open already; nothing is written then.
    """
    if not note.strip():
        raise RefundReasonMissingError
    refund = _locked(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.SETTLED_BY_HAND)  # it is abnormal
    remedy = _drafted(refund, card, note=note, actor=actor, at=at)
    remedy_moves.end_if_late(refund_id, actor=actor, at=at)
    if open_remedy(refund_id) is not None:
        raise RemedyNotAskedError
    remedy.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="refund_remedy",
        object_id=remedy.pk,
        payload=remedy_payload(remedy),
        maker=actor,
        at=at,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
    )
    remedy.save(force_insert=True)
    record_audit(
        action="refund_remedy.requested",
        subject=remedy.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=note,
        after=remedy_payload(remedy),
    )
    return remedy


@transaction.atomic(durable=True)
def approve_remedy(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> RefundRemedy:
    """Agree to exactly what was shown. The last agreement that is needed has the channel asked.

    Raises RefundNotFoundError, RemedyNotAskedError, SelfApprovalError, StaleApprovalError,
    IllegalMoveError, ApprovalExpiredError or AlreadyDecidedError; nothing is written then.
    """
    refund = _locked(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.SUBMITTING)
    remedy = _asked(refund)
    request = approvals.decide(
        remedy.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return remedy
    if not approvals.execute_unchanged({request.pk: remedy_payload(remedy)}, at=at):
        raise StaleApprovalError(object_id=remedy.pk)
    remedy_moves.end(remedy, RemedyStatus.ORDERED)
    _have_asked(refund, at=at)
    refund_moves.move(refund, RefundStatus.SUBMITTING, actor=decider.actor, at=at)
    return remedy


@transaction.atomic(durable=True)
def reject_remedy(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> RefundRemedy:
    """Say no: the refund stays abnormal, and what was told of the account is forgotten.

    Raises RefundReasonMissingError and what `approve_remedy` raises; nothing is written then.
    """
    if not reason.strip():
        raise RefundReasonMissingError
    remedy = _asked(_locked(refund_id))
    approvals.decide(
        remedy.approval_id,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    remedy_moves.end(remedy, RemedyStatus.REJECTED)
    return remedy


def deliver(operation: ChannelOperation, *, pay_channel_no: str) -> Outcome | None:
    """Order the way that people agreed to, if there is one; call it outside any transaction.

    Only right after the channel said that the refund is abnormal. What it refuses leaves the
    refund abnormal; what it took is asked about as before. A refusal of what was ordered before
    tells nothing of the first time: it stays unknown, and people pay nothing by hand meanwhile.
    """
    remedy, is_again = _sent(operation.subject)
    if remedy is None:
        return None
    channel = channel_of(operation.channel_account)
    if not isinstance(channel, AbnormalRefunds):
        return None
    (stamped_at,) = ChannelOperation.objects.filter(pk=operation.pk).values_list(
        DatabaseClock(), flat=True
    )
    outcome = channel.apply_abnormal_refund(
        AbnormalRefundRequest(
            channel_no=operation.channel_no,
            channel_ref=operation.channel_ref,
            pay_channel_no=pay_channel_no,
            way=AbnormalRefundWay.PAYER_CARD,
            stamped_at=stamped_at,
            bank=remedy.bank,
            bank_account=encryption.decrypt(
                remedy.account_encrypted, aad=_place(remedy, "account")
            ),
            holder_name=encryption.decrypt(remedy.holder_encrypted, aad=_place(remedy, "holder")),
        )
    )
    if outcome.kind != OutcomeKind.FAILED:
        return outcome
    return replace(outcome, kind=OutcomeKind.UNKNOWN) if is_again else None


def follow(refund: Refund) -> None:
    """End the way of a refund that has come to an end, or is abnormal again. A part."""
    remedy = remedy_to_order(refund.pk)
    if remedy is None or refund.status not in _ENDS:
        return
    remedy_moves.end(remedy, _ENDS[RefundStatus(refund.status)])


_ENDS = {
    RefundStatus.SUCCEEDED: RemedyStatus.DONE,
    RefundStatus.FAILED: RemedyStatus.FAILED,
    RefundStatus.ABNORMAL: RemedyStatus.FAILED,
}


def _drafted(
    refund: Refund, card: PayerCard, *, note: str, actor: str, at: datetime
) -> RefundRemedy:
    """Return the way, not written yet, with its secrets encrypted. Raises RemedyAccountError."""
    digits = card.account.replace(" ", "")
    is_account = digits.isdigit() and ACCOUNT_DIGITS_MIN <= len(digits) <= ACCOUNT_DIGITS_MAX
    holder = card.holder_name.strip()
    if not (is_account and holder and len(holder) <= HOLDER_LENGTH_MAX and card.bank.strip()):
        raise RemedyAccountError
    remedy = RefundRemedy(
        id=new_id("rmd"),
        refund=refund,
        kind=RemedyKind.PAYER_CARD,
        bank=card.bank.strip(),
        account_tail=digits[-4:],
        note=note.strip(),
        maker=actor,
        created_at=at,
    )
    remedy.account_encrypted = encryption.encrypt(digits, aad=_place(remedy, "account"))
    remedy.holder_encrypted = encryption.encrypt(holder, aad=_place(remedy, "holder"))
    return remedy


@transaction.atomic(durable=True)
def _sent(refund_id: str) -> tuple[RefundRemedy | None, bool]:
    """Commit that the way is being ordered now, before the channel hears of it.

    Tells too whether it was ordered before.
    """
    remedy = remedy_to_order(refund_id)
    if remedy is None:
        return None, False
    is_again = remedy.sent_at is not None
    remedy.sent_at = DatabaseClock()
    remedy.save(update_fields=["sent_at"])
    return remedy, is_again


def _have_asked(refund: Refund, *, at: datetime) -> None:
    """Let the order be asked about again, from now on."""
    assert refund.operation_id is not None, "what is abnormal has its order"
    operation = locks.locked_operation(refund.operation_id)
    states.OPERATION.require_move(operation.status, OperationStatus.UNKNOWN)
    operation.status = OperationStatus.UNKNOWN
    operation.queries = 0
    operation.next_query_at = DatabaseClock()
    operation.save(update_fields=["status", "queries", "next_query_at"])
    jobs.defer(
        "payments.query_refund",
        at=at,
        queueing_lock=f"{operation.pk}:query",
        refund_id=refund.pk,
    )


def _asked(refund: Refund) -> RefundRemedy:
    remedy = open_remedy(refund.pk)
    if remedy is None or remedy.status != RemedyStatus.PENDING_APPROVAL:
        raise RemedyNotAskedError
    if remedy.kind != RemedyKind.PAYER_CARD:
        raise RemedyNotAskedError  # it left our bank account by hand; settlements have its line
    remedy.refund = refund
    return remedy


def _locked(refund_id: str) -> Refund:
    try:
        return locks.locked_refund(refund_id)
    except Refund.DoesNotExist:
        raise RefundNotFoundError from None


def _place(remedy: RefundRemedy, what: str) -> str:
    return f"payments_refundremedy|{what}_encrypted|{remedy.pk}"
