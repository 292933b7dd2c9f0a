"""Asking for refunds, deciding on them by two people, and giving them up before they are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.errors import CurrencyMismatchError, StaleApprovalError
from ledger.states import ApprovalState
from payments import locks, states
from payments.actions import payment_questions, refund_moves, refund_submissions
from payments.actions.refund_shares import Left, ShareRequest, Shares, shares_of
from payments.actions.refund_submissions import locked_refund
from payments.errors import (
    PaymentNotFoundError,
    PaymentNotPaidError,
    RefundNumberTakenError,
    RefundReasonMissingError,
)
from payments.models import Capture, Payment, Refund, RefundAllocation
from payments.queries.refunds import refund_payload, unapproved_minor
from payments.states import PaymentStatus, RefundStatus

APPROVAL_KIND = "refund"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What somebody asks to give back to a payer, in minor units of the payment.

    `merchant_id` is whose credential or member asks (None: the platform); the refund number is
    unique for it for ever. Without `shares` and `unallocated_minor` the money follows from the
    payment: all that is left, or a part of the only share that there is. Without an amount it is
    all that is left, or what the shares add up to. Of a payment that was authorised first a refund
    is of one capture: of `capture_id`, or of the oldest one that has enough left for all of it.
    """

    payment_id: str
    merchant_refund_no: str
    reason: str
    amount_minor: int | None = None
    currency: str | None = None
    shares: Sequence[ShareRequest] = ()
    unallocated_minor: int = 0
    merchant_id: str | None = None
    credential_id: str | None = None
    capture_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def request_refund(request: RefundRequest, *, actor: str, at: datetime) -> Refund:
    """Reserve a refund of a paid payment, fund it, and prepare its order. A part.

    Under the payment's lock, so that living refunds never pass what was paid. Above
    REFUND_APPROVAL_ABOVE, counted with those before it that nobody else agreed to, it waits for
    another person; without enough of the merchants' money it waits for funds, and nothing is
    booked. The payer's limits stay used.

    Raises PaymentNotFoundError (also for a merchant without a share), PaymentNotPaidError,
    PaymentOutcomeUnknownError, RefundNumberTakenError, RefundTooLargeError,
    RefundSharesMissingError, RefundSharesMismatchError, RefundCaptureMissingError,
    ForeignShareError, CurrencyMismatchError
    or AmountError; nothing is written then.
    """
    assert connection.in_atomic_block, "request_refund is a part; open a transaction around it"
    payment = _locked_payment(request.payment_id)
    if Left(payment, merchant_id=request.merchant_id).is_nobodys:
        raise PaymentNotFoundError
    if payment.status != PaymentStatus.PAID:
        payment_questions.require_known(payment)
        raise PaymentNotPaidError
    if request.currency not in (None, payment.currency):
        raise CurrencyMismatchError(left=request.currency, right=payment.currency)
    shares, capture = shares_of(
        payment,
        request.amount_minor,
        named=request.shares,
        unallocated_minor=request.unallocated_minor,
        merchant_id=request.merchant_id,
        capture_id=request.capture_id,
    )
    refund = _written(request, payment, shares, capture, actor=actor, at=at)
    refund_moves.tell(refund, actor=actor, at=at)
    if needs_two_people(unapproved_minor(payment.pk), refund.currency):
        refund.approval = approvals.request_approval(
            kind=APPROVAL_KIND,
            object_type="refund",
            object_id=refund.pk,
            payload=refund_payload(refund),
            maker=actor,
            at=at,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
        )
        refund_moves.move(refund, RefundStatus.PENDING_APPROVAL, actor=actor, at=at)
    else:
        refund_submissions.submit(refund, actor=actor, at=at)
    return refund


@transaction.atomic(durable=True)
def start_refund(request: RefundRequest, *, actor: str, at: datetime) -> Refund:
    """Do what `request_refund` does, as a deed of its own. Raises the same."""
    return request_refund(request, actor=actor, at=at)


def needs_two_people(amount_minor: int, currency: str) -> bool:
    """Tell whether a refund waits for another person; without a threshold each one does.

    `amount_minor` is what goes back of one payment without anybody else's agreement, this refund
    and those before it: no large amount is given back in small ones.
    """
    above_minor = settings.REFUND_APPROVAL_ABOVE.get(currency)
    return above_minor is None or amount_minor > above_minor


@transaction.atomic(durable=True)
def approve_refund(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> Refund:
    """Agree to exactly what was shown. The last agreement that is needed funds and orders it.

    The agreement is executed then, also when the merchants have not enough: it has not to be
    asked for again once they do.

    Raises SelfApprovalError for the one who asked, StaleApprovalError when it is no longer what
    was shown, IllegalMoveError, ApprovalExpiredError, AlreadyDecidedError or RefundNotFoundError;
    nothing is written then.
    """
    refund = locked_refund(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.REJECTED)  # it waits for a decision
    _require_shown(refund, shown_digest)
    assert refund.approval_id is not None, "what waits for approval has its request"
    request = approvals.decide(
        refund.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        if not approvals.execute_unchanged({request.pk: refund_payload(refund)}, at=at):
            raise StaleApprovalError(object_id=refund.pk)
        refund_submissions.submit(refund, actor=decider.actor, at=at)
    return refund


@transaction.atomic(durable=True)
def reject_refund(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> Refund:
    """Say no: what it reserved of the payment is free again. No money moved.

    Raises RefundReasonMissingError and what `approve_refund` raises; nothing is written then.
    """
    _require_reason(reason)
    refund = locked_refund(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.REJECTED)
    assert refund.approval_id is not None, "what waits for approval has its request"
    approvals.decide(
        refund.approval_id,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    refund_moves.move(
        refund,
        RefundStatus.REJECTED,
        actor=decider.actor,
        at=at,
        reason=reason,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
    )
    return refund


@transaction.atomic(durable=True)
def cancel_refund(
    refund_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Refund:
    """Do what `withdraw_refund` does, as a deed of its own. Raises the same."""
    return withdraw_refund(
        refund_id,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )


def withdraw_refund(
    refund_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Refund:
    """Give a refund up that waits for a person or for funds; its approval goes with it. A part.

    Raises RefundReasonMissingError, RefundNotFoundError, or IllegalMoveError once it was funded:
    then only the channel's answer ends it. Nothing is written then.
    """
    assert connection.in_atomic_block, "withdraw_refund is a part; open a transaction around it"
    _require_reason(reason)
    refund = locked_refund(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.CANCELLED)
    if refund.approval is not None:
        approvals.void(refund.approval, at=at)
    refund_moves.move(
        refund,
        RefundStatus.CANCELLED,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )
    return refund


def _locked_payment(payment_id: str) -> Payment:
    try:
        return locks.locked_payment(payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFoundError from None


def _written(
    request: RefundRequest,
    payment: Payment,
    shares: Shares,
    capture: Capture | None,
    *,
    actor: str,
    at: datetime,
) -> Refund:
    """Write the refund and its allocations. Raises RefundNumberTakenError."""
    refund = Refund(
        payment=payment,
        merchant_id=request.merchant_id,
        created_by_id=request.credential_id,
        capture=capture,
        merchant_refund_no=request.merchant_refund_no,
        amount_minor=shares.amount_minor,
        unallocated_minor=shares.unallocated_minor,
        currency=payment.currency,
        reason=request.reason,
        metadata=dict(request.metadata),
        requested_by=actor,
        created_at=at,
    )
    _insert_once(refund)
    RefundAllocation.objects.bulk_create(
        RefundAllocation(
            refund=refund,
            allocation=share.allocation,
            place=place,
            amount_minor=share.amount_minor,
            fee_returned_minor=share.fee_returned_minor,
        )
        for place, share in enumerate(shares.of_merchants, 1)
    )
    return refund


def _insert_once(refund: Refund) -> None:
    try:
        refund.save(force_insert=True)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") == "payments_refund_no":
            raise RefundNumberTakenError(merchant_refund_no=refund.merchant_refund_no) from error
        raise


def _require_shown(refund: Refund, shown_digest: bytes) -> None:
    if approvals.digest_of(refund_payload(refund)) != shown_digest:
        raise StaleApprovalError(object_id=refund.pk)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RefundReasonMissingError
