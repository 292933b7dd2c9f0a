"""Giving back what is left of an authorisation, and what that makes of its payment. Parts."""

from datetime import datetime

from django.db import connection, transaction

from ledger import jobs
from ledger.actions.audit import record_audit
from ledger.identifiers import new_id
from payments import locks
from payments.actions import limits, moves, payment_questions
from payments.actions.events import record_event
from payments.actions.operations import channel_no_of
from payments.errors import CaptureInFlightError, NothingHeldError, PaymentNotFoundError
from payments.models import Authorisation, ChannelOperation, OperationKind, Payment, Void
from payments.queries.authorisations import (
    captured_minor,
    has_captures_in_flight,
    living_void,
    wanted_authorisation,
)
from payments.states import CONTRADICTED, CONTRADICTION_ENDED, PaymentStatus

VOIDED = "voided"


def void_payment(
    payment_id: str,
    *,
    actor: str,
    at: datetime,
    code: str = VOIDED,
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> Payment:
    """Give a payer back what is held of a payment and was not taken. A part.

    An authorised payment is `closing` until the channel confirms it, and `closed` then; one that
    was captured in part stays `paid`. Twice changes nothing.

    Raises PaymentNotFoundError, PaymentOutcomeUnknownError while nobody knows what became of its
    order, NothingHeldError, or CaptureInFlightError while a capture is at the channel; nothing is
    written then.
    """
    assert connection.in_atomic_block, "void_payment is a part; open a transaction around it"
    try:
        payment = locks.locked_payment(payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFoundError from None
    authorisation = wanted_authorisation(payment)
    if authorisation is None:
        payment_questions.require_known(payment)
        raise NothingHeldError
    authorisation.payment = payment
    if living_void(authorisation) is not None:
        return payment
    if authorisation.ended_at is not None:
        raise NothingHeldError
    order(
        authorisation,
        code=code,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )
    return payment


@transaction.atomic(durable=True)
def start_void(
    payment_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Payment:
    """Do what `void_payment` does, as a deed of its own. Raises the same."""
    return void_payment(
        payment_id,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )


@transaction.atomic(durable=True)
def start_void_of(
    authorisation_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Void:
    """Give back what is left of one authorisation, also of one that nobody wanted.

    Raises NothingHeldError where it has ended or is being given back, or CaptureInFlightError;
    nothing is written then.
    """
    held = Authorisation.objects.filter(pk=authorisation_id)
    payment = locks.locked_payment(held.values_list("payment_id", flat=True).get())
    authorisation = held.select_related("attempt__channel_account").get()
    authorisation.payment = payment
    if authorisation.ended_at is not None or living_void(authorisation) is not None:
        raise NothingHeldError
    return order(
        authorisation,
        code=VOIDED,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )


def order(
    authorisation: Authorisation,
    *,
    code: str,
    actor: str,
    at: datetime,
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> Void:
    """Write the order to give back what is left, to be sent after COMMIT. A part.

    The payment is locked by the caller. An authorised payment is `closing` from now on, unless what
    is given back is spare: what authorised it is held still, and may be taken.

    Raises CaptureInFlightError or NothingHeldError; nothing is written then.
    """
    assert connection.in_atomic_block, "order is a part; open a transaction around it"
    if has_captures_in_flight(authorisation):
        raise CaptureInFlightError
    left_minor = authorisation.amount_minor - captured_minor(authorisation)
    if left_minor <= 0:
        raise NothingHeldError
    void = _written(authorisation, amount_minor=left_minor, code=code, actor=actor, at=at)
    tell(void, actor=actor, at=at, reason=reason, client_ip=client_ip, request_id=request_id)
    payment = authorisation.payment
    if payment.status == PaymentStatus.AUTHORIZED and not authorisation.is_spare:
        moves.move(payment, PaymentStatus.CLOSING, code=code, actor=actor, at=at)
    jobs.defer("payments.send_void", void_id=void.pk, at=at)
    return void


def _written(
    authorisation: Authorisation, *, amount_minor: int, code: str, actor: str, at: datetime
) -> Void:
    """Write the void with its order."""
    void_id = new_id("void")
    operation = ChannelOperation.objects.create(
        kind=OperationKind.VOID,
        channel_account=authorisation.attempt.channel_account,
        channel_no=channel_no_of(void_id),
        subject=void_id,
        amount_minor=amount_minor,
        currency=authorisation.currency,
        created_at=at,
    )
    return Void.objects.create(
        id=void_id,
        payment=authorisation.payment,
        authorisation=authorisation,
        amount_minor=amount_minor,
        currency=authorisation.currency,
        code=code,
        requested_by=actor,
        operation=operation,
        created_at=at,
    )


def end(authorisation: Authorisation, *, code: str, actor: str, at: datetime) -> None:
    """Note that nothing of an authorisation is held any more. A part; its payment is locked.

    A payment that was only waiting for this is closed, and its payer's limits are given back.
    """
    assert connection.in_atomic_block, "end is a part; open a transaction around it"
    authorisation.ended_at = at
    authorisation.ended_code = code
    authorisation.save(update_fields=["ended_at", "ended_code"])
    payment = authorisation.payment
    if payment.status == PaymentStatus.AUTHORIZED and not authorisation.is_spare:
        moves.move(payment, PaymentStatus.CLOSING, code=code, actor=actor, at=at)
    limits.give_back(payment, at=at)
    is_held = Authorisation.objects.filter(payment=payment, ended_at=None).exists()
    if payment.status == PaymentStatus.CLOSING and not is_held:
        moves.move(payment, PaymentStatus.CLOSED, code=payment.status_code, actor=actor, at=at)


def contradict(void: Void, *, actor: str, at: datetime) -> None:
    """Note that the channel says it gave back what failed here. A part; twice tells once."""
    if void.status_code in (CONTRADICTED, CONTRADICTION_ENDED):
        return
    void.status_code = CONTRADICTED
    void.save(update_fields=["status_code"])
    tell(void, kind="void.contradicted", actor=actor, at=at)


def tell(
    void: Void,
    *,
    actor: str,
    at: datetime,
    kind: str = "",
    was: str = "",
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Write the event and the audit row of a void's state, or of `kind`. A part."""
    snapshot = {
        "status": void.status,
        "payment": void.payment_id,
        "amount": void.amount_minor,
        "currency": void.currency,
        "code": void.status_code or void.code,
    }
    kind = kind or f"void.{void.status}"
    record_event(kind=kind, subject=void.pk, at=at, payload=snapshot)
    record_audit(
        action=kind,
        subject=void.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"status": was} if was else {},
        after=snapshot,
    )
