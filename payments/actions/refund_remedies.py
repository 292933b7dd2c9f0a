"""Deliver a refund in another way: one person asks, another agrees, the channel does it.

A refund that is abnormal or came back goes to a card of the payer's or to our own bank account; it
keeps its number (`payments.actions.remedy_orders`). What came back may be given to its merchants.
"""

from datetime import datetime

from django.db import transaction

from ledger import jobs
from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.identifiers import new_id
from ledger.states import ApprovalState
from payments import locks, states
from payments.actions import (
    refund_funding,
    refund_moves,
    refund_reversals,
    remedy_cards,
    remedy_moves,
)
from payments.actions.remedy_cards import PayerCard
from payments.actions.remedy_orders import AT_OUR_ACCOUNT
from payments.errors import (
    RefundNotFoundError,
    RefundReasonMissingError,
    RemedyNotAskedError,
)
from payments.models import DatabaseClock, Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.refund_remedies import (
    APPROVAL_KIND,
    open_remedy,
    remedy_payload,
)
from payments.states import OperationStatus, RefundStatus

TO_MERCHANTS = "TO_MERCHANTS"
"""Our own code of a refund that came back and was given to its merchants."""


@transaction.atomic(durable=True)
def request_remedy(
    refund_id: str,
    *,
    note: str,
    actor: str,
    at: datetime,
    card: PayerCard | None = None,
    kind: RemedyKind = RemedyKind.PAYER_CARD,
    client_ip: str | None = None,
    request_id: str = "",
) -> RefundRemedy:
    """Ask another person to agree that a refund goes to a card of the payer's, or as `kind` says.

    Account and holder are kept encrypted, as `payments.actions.remedy_cards` says.

    Raises RefundReasonMissingError, RefundNotFoundError, IllegalMoveError for a refund that is
    neither abnormal nor came back, or did not come back and shall go to its merchants,
    RemedyAccountError for what is no account, or RemedyNotAskedError when another way is open
    already, or the channel has nothing more to deliver; nothing is written then.
    """
    if not note.strip():
        raise RefundReasonMissingError
    refund = _locked(refund_id)
    _require_possible(refund, kind)
    remedy = _drafted(refund, card, kind=kind, note=note, actor=actor, at=at)
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

    What goes to the merchants is booked at once (E05g), and ends the refund and its order.

    Raises RefundNotFoundError, RemedyNotAskedError, SelfApprovalError, StaleApprovalError also for
    another card than was asked for, IllegalMoveError, DecryptionError, ApprovalExpiredError or
    AlreadyDecidedError; nothing is written then.
    """
    refund = _locked(refund_id)
    remedy = _asked(refund)
    _require_possible(refund, RemedyKind(remedy.kind))
    remedy_cards.opened(remedy)
    request = approvals.decide(
        remedy.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return remedy
    if not approvals.execute_unchanged({request.pk: remedy_payload(remedy)}, at=at):
        raise StaleApprovalError(object_id=remedy.pk)
    if remedy.kind == RemedyKind.MERCHANTS:
        remedy_moves.end(remedy, RemedyStatus.DONE)
        _give_to_merchants(refund, actor=decider.actor, at=at)
        return remedy
    remedy_moves.end(remedy, RemedyStatus.ORDERED)
    _have_asked(refund, at=at)
    refund_moves.move(refund, RefundStatus.SUBMITTING, actor=decider.actor, at=at)
    return remedy


@transaction.atomic(durable=True)
def reject_remedy(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> RefundRemedy:
    """Say no: the refund stays as it is, and what was told of the account is forgotten.

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


def _require_possible(refund: Refund, kind: RemedyKind) -> None:
    """Refuse a way that a refund cannot go. Raises IllegalMoveError or RemedyNotAskedError."""
    is_to_merchants = kind == RemedyKind.MERCHANTS
    goal = RefundStatus.FAILED if is_to_merchants else RefundStatus.SUBMITTING
    if refund.status not in (RefundStatus.ABNORMAL, RefundStatus.REVERSED):
        goal = RefundStatus.SETTLED_BY_HAND  # refused in every other state
    states.REFUND.require_move(refund.status, goal)
    if refund.status_code == AT_OUR_ACCOUNT and not is_to_merchants:
        raise RemedyNotAskedError


def _give_to_merchants(refund: Refund, *, actor: str, at: datetime) -> None:
    assert refund.operation_id is not None, "what came back has its order"
    operation = refund.operation = locks.locked_operation(refund.operation_id)
    refund_funding.give_back(refund, channel_account_id=operation.channel_account_id, at=at)
    refund_reversals.end_order(operation, code=TO_MERCHANTS, at=at)
    refund_moves.move(refund, RefundStatus.FAILED, code=TO_MERCHANTS, actor=actor, at=at)
    refund_moves.call_the_waiting(at=at)


def _drafted(
    refund: Refund,
    card: PayerCard | None,
    *,
    kind: RemedyKind,
    note: str,
    actor: str,
    at: datetime,
) -> RefundRemedy:
    """Return the way, not written yet, with its secrets encrypted. Raises RemedyAccountError."""
    remedy = RefundRemedy(
        id=new_id("rmd"), refund=refund, kind=kind, note=note.strip(), maker=actor, created_at=at
    )
    if kind == RemedyKind.PAYER_CARD:
        remedy_cards.seal(remedy, card or PayerCard("", "", ""))
    return remedy


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
    if remedy.kind == RemedyKind.BY_HAND:
        raise RemedyNotAskedError  # it left our bank account by hand; settlements have its line
    remedy.refund = refund
    return remedy


def _locked(refund_id: str) -> Refund:
    try:
        return locks.locked_refund(refund_id)
    except Refund.DoesNotExist:
        raise RefundNotFoundError from None
