"""What becomes of money that came otherwise than asked: one person asks, another agrees.

It is taken as its payment, if it fits, or given back to its payer out of suspense. Late money may
be resolved at once, by the merchants' own terms; what they want taken is judged as a payment is.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from ledger.actions import approvals, journal
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.identifiers import new_id
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.actions import (
    captures,
    judgements,
    parked_moves,
    parking,
    refund_moves,
    refund_submissions,
)
from payments.errors import (
    MoneyDoesNotFitError,
    ParkedMoneyNotFoundError,
    ResolutionNotAskedError,
    ResolutionReasonMissingError,
)
from payments.models import ParkedMoney, PaymentAttempt, Refund
from payments.parked_states import ParkedStatus, ResolutionWay
from payments.postings import captures as postings
from payments.queries.calendar import booking_date_of
from payments.queries.parked import (
    APPROVAL_KIND,
    can_be_accepted,
    is_contradicted,
    moved_minor,
    open_resolution,
    others_in_suspense,
    resolution_payload,
    way_by_terms,
)
from payments.states import PAID_TWICE, PaymentStatus

BY_TERMS = "terms:late_money"
"""Who acts where the merchants' terms say what becomes of late money."""

OVERPAID = "overpaid"
"""The reason code of a paid payment of whose money the part too much is in suspense."""


@transaction.atomic(durable=True)
def request_resolution(
    parked_id: str,
    *,
    way: ResolutionWay,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask another person to agree to what becomes of money in suspense. No money moves yet.

    Raises ResolutionReasonMissingError, ParkedMoneyNotFoundError, IllegalMoveError when it waits
    for nothing, MoneyContradictedError while its channel says that it gave it back,
    MoneyDoesNotFitError for money that cannot pay its payment, or ApprovalClosedError when somebody
    was asked already; nothing is written then.
    """
    _require_reason(reason)
    parked = _locked(parked_id)
    _require_possible(parked, way)
    payload = resolution_payload(parked, way, reason=reason)
    request = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="parked_money",
        object_id=parked.pk,
        payload=payload,
        maker=actor,
        at=at,
        amount_minor=moved_minor(parked, way),
        currency=parked.currency,
    )
    record_audit(
        action="payment_resolution.requested",
        subject=parked.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=payload,
    )
    return request


@transaction.atomic(durable=True)
def approve_resolution(
    parked_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ParkedMoney:
    """Agree to exactly what was shown. The last agreement that is needed carries it out at once.

    Raises ParkedMoneyNotFoundError, ResolutionNotAskedError, SelfApprovalError, IllegalMoveError,
    MoneyContradictedError or MoneyDoesNotFitError when it was resolved otherwise meanwhile,
    StaleApprovalError when it is no longer what was shown, ApprovalExpiredError or
    AlreadyDecidedError; nothing is written then.
    """
    locks.hold_single_use_link(Q(payments__parked=parked_id))
    parked = _locked(parked_id)
    asked = _asked(parked_id)
    way = ResolutionWay(asked.payload["way"])
    _require_possible(parked, way)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return parked
    payload = resolution_payload(parked, way, reason=str(asked.payload["reason"]))
    if not approvals.execute_unchanged({request.pk: payload}, at=at):
        raise StaleApprovalError(object_id=parked.pk)
    parked.approval = request
    _carry_out(parked, way, actor=decider.actor, at=at)
    return parked


@transaction.atomic(durable=True)
def reject_resolution(
    parked_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ParkedMoney:
    """Say no: the money stays in suspense, and another way may be asked for.

    Raises ResolutionReasonMissingError and what `approve_resolution` raises of approvals; nothing
    is written then.
    """
    _require_reason(reason)
    parked = _locked(parked_id)
    approvals.decide(
        _asked(parked_id).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return parked


@transaction.atomic(durable=True)
def withdraw_resolution(
    parked_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Give up what was asked for; the money stays in suspense.

    Raises ResolutionReasonMissingError, ParkedMoneyNotFoundError or ResolutionNotAskedError;
    nothing is written then.
    """
    _require_reason(reason)
    parked = _locked(parked_id)
    approvals.void(_asked(parked_id), at=at)
    record_audit(
        action="payment_resolution.withdrawn",
        subject=parked.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
    )


def resolve_by_terms(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Do with late money of a try what the terms of all its merchants say, or leave it. A part.

    Its payment is locked by the caller. Money of other kinds, what does not fit, and what risk does
    not let pass or is over a limit by now, waits for two people. Doing it again changes nothing.
    """
    assert connection.in_atomic_block, "resolve_by_terms is a part; open a transaction around it"
    if attempt.payment.status != PaymentStatus.PAID_LATE:
        return
    waiting = ParkedMoney.objects.filter(attempt=attempt, status=ParkedStatus.WAITING).first()
    if waiting is None or is_contradicted(waiting):
        return
    parked = locks.locked_parked(waiting.pk)
    parked.payment = attempt.payment
    way = way_by_terms(parked)
    if way == ResolutionWay.ACCEPT and not judgements.passes_late(parked, actor=BY_TERMS, at=at):
        return
    if way is not None:
        _carry_out(parked, way, actor=BY_TERMS, at=at)


def _carry_out(parked: ParkedMoney, way: ResolutionWay, *, actor: str, at: datetime) -> None:
    record_audit(
        action="payment_resolution.carried_out",
        subject=parked.pk,
        actor=actor,
        at=at,
        after=resolution_payload(parked, way, reason=""),
    )
    if way == ResolutionWay.ACCEPT:
        _accept(parked, actor=actor, at=at)
    else:
        _give_back(parked, actor=actor, at=at)


def _accept(parked: ParkedMoney, *, actor: str, at: datetime) -> None:
    """Take it as the payment: out of suspense, and to its merchants; what is too much stays."""
    payment = parked.payment
    parked.accepted_minor = payment.amount_minor
    if not parked.left_minor:
        parked.status = ParkedStatus.ACCEPTED
    parked.save(update_fields=["accepted_minor", "status", "approval"])
    journal.post_entry(
        postings.unparked(
            payment,
            parked_id=parked.pk,
            channel_account_id=parked.attempt.channel_account_id,
            effective_date=booking_date_of(at),
            at=at,
        )
    )
    code = OVERPAID if parked.left_minor else ""
    discount_minor = parking.discounted(
        parked.amount_minor, settled_minor=parked.attempt.settled_minor
    )
    captures.take_as_paid(
        payment,
        attempt=parked.attempt,
        discounted_minor=min(discount_minor, payment.amount_minor),
        code=PAID_TWICE if others_in_suspense(parked) else code,
        actor=actor,
        at=at,
    )


def _give_back(parked: ParkedMoney, *, actor: str, at: datetime) -> Refund:
    """Order its channel to give all that is left of it back, by a refund of its own number."""
    payment = parked.payment
    parked_moves.begin_return(parked, actor=actor, at=at)
    refund_id = new_id("ref")
    refund = Refund.objects.create(
        id=refund_id,
        payment=payment,
        parked=parked,
        merchant_refund_no=refund_id,
        amount_minor=parked.left_minor,
        unallocated_minor=parked.left_minor,
        currency=parked.currency,
        reason=parked_moves.reason_shown(parked),
        requested_by=actor,
        created_at=at,
    )
    refund_moves.tell(refund, actor=actor, at=at)
    refund_submissions.submit(refund, actor=actor, at=at)
    return refund


def _require_possible(parked: ParkedMoney, way: ResolutionWay) -> None:
    parked_moves.require_undecided(parked)
    if way == ResolutionWay.ACCEPT and not can_be_accepted(parked):
        raise MoneyDoesNotFitError


def _locked(parked_id: str) -> ParkedMoney:
    try:
        return locks.locked_parked(parked_id)
    except ParkedMoney.DoesNotExist:
        raise ParkedMoneyNotFoundError from None


def _asked(parked_id: str) -> ApprovalRequest:
    request = open_resolution(parked_id)
    if request is None:
        raise ResolutionNotAskedError
    return request


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ResolutionReasonMissingError
