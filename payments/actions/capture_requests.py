"""Asking for captures: what of an authorisation is taken now, and whose it is. A part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from ledger import jobs
from ledger.identifiers import new_id
from payments import locks
from payments.actions import capture_moves, payment_questions
from payments.actions.capture_shares import CaptureShareRequest, LeftToCapture, SharedCapture
from payments.actions.operations import channel_no_of
from payments.capture_states import DEAD_CAPTURES
from payments.errors import (
    AuthorisationExpiredError,
    CapturedAlreadyError,
    CaptureNotFinalError,
    NothingHeldError,
    PaymentNotFoundError,
)
from payments.models import (
    Authorisation,
    Capture,
    CaptureShare,
    ChannelOperation,
    OperationKind,
    Payment,
)
from payments.queries.authorisations import is_taken_once, living_void, wanted_authorisation
from payments.states import PaymentStatus


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """What somebody asks to take of what is held of a payment, in minor units of the payment.

    Without an amount or shares all that is left. With `is_final` nothing more will be taken, and
    the payer gets back what is left; a capture of all that is left is the last one anyhow. Where a
    channel can take once only, a part has to be called final by whoever asks for it.
    """

    payment_id: str
    amount_minor: int | None = None
    shares: Sequence[CaptureShareRequest] = ()
    is_final: bool = False
    credential_id: str | None = None


def request_capture(
    request: CaptureRequest,
    *,
    actor: str,
    at: datetime,
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> Capture:
    """Reserve a part of an authorisation and prepare the order to take it. A part.

    Under the payment's lock, so that living captures never pass what is held; one whose outcome
    is unknown counts. Where a channel can take of an authorisation once only, a part that is not
    called final is refused: its caller would count on the rest. Nothing is booked before the
    channel says that it took it.

    Raises PaymentNotFoundError, PaymentOutcomeUnknownError, NothingHeldError,
    AuthorisationExpiredError, CapturedAlreadyError, CaptureTooLargeError,
    CaptureSharesMismatchError, CaptureNotFinalError or AmountError; nothing is written then.
    """
    assert connection.in_atomic_block, "request_capture is a part; open a transaction around it"
    payment = _locked_payment(request.payment_id)
    authorisation = _held(payment, at=at)
    left = LeftToCapture(payment)
    shares, unallocated_minor = left.shares(request.amount_minor, named=request.shares)
    amount_minor = unallocated_minor + sum(share.amount_minor for share in shares)
    is_final = request.is_final or amount_minor == left.minor
    if not is_final and is_taken_once(authorisation):
        raise CaptureNotFinalError
    capture = _written(
        request,
        authorisation,
        shares,
        amount_minor=amount_minor,
        unallocated_minor=unallocated_minor,
        is_final=is_final,
        actor=actor,
        at=at,
    )
    capture_moves.tell(
        capture, actor=actor, at=at, reason=reason, client_ip=client_ip, request_id=request_id
    )
    jobs.defer("payments.send_capture", capture_id=capture.pk, at=at)
    return capture


@transaction.atomic(durable=True)
def start_capture(
    request: CaptureRequest,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Capture:
    """Do what `request_capture` does, as a deed of its own. Raises the same."""
    return request_capture(
        request, actor=actor, at=at, reason=reason, client_ip=client_ip, request_id=request_id
    )


def _locked_payment(payment_id: str) -> Payment:
    try:
        return locks.locked_payment(payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFoundError from None


def _held(payment: Payment, *, at: datetime) -> Authorisation:
    """Return the authorisation of a payment of which more may be taken."""
    authorisation = wanted_authorisation(payment)
    if authorisation is None or payment.status not in (
        PaymentStatus.AUTHORIZED,
        PaymentStatus.PAID,
    ):
        payment_questions.require_known(payment)
        raise NothingHeldError
    authorisation.payment = payment
    last = authorisation.captures.filter(is_final=True).exclude(status__in=DEAD_CAPTURES)
    if last.exists():
        raise CapturedAlreadyError
    if authorisation.ended_at is not None or living_void(authorisation) is not None:
        raise NothingHeldError
    if authorisation.expires_at <= at:
        raise AuthorisationExpiredError(expired_at=authorisation.expires_at.isoformat())
    return authorisation


def _written(
    request: CaptureRequest,
    authorisation: Authorisation,
    shares: Sequence[SharedCapture],
    *,
    amount_minor: int,
    unallocated_minor: int,
    is_final: bool,
    actor: str,
    at: datetime,
) -> Capture:
    """Write the capture with its shares and its order."""
    capture_id = new_id("cap")
    capture = Capture.objects.create(
        id=capture_id,
        payment=authorisation.payment,
        authorisation=authorisation,
        created_by_id=request.credential_id,
        amount_minor=amount_minor,
        unallocated_minor=unallocated_minor,
        currency=authorisation.currency,
        is_final=is_final,
        requested_by=actor,
        operation=_order(capture_id, authorisation, amount_minor=amount_minor, at=at),
        created_at=at,
    )
    CaptureShare.objects.bulk_create(
        CaptureShare(
            capture=capture,
            allocation=share.allocation,
            place=place,
            amount_minor=share.amount_minor,
            fee_minor=share.fee_minor,
        )
        for place, share in enumerate(shares, 1)
    )
    return capture


def _order(
    capture_id: str, authorisation: Authorisation, *, amount_minor: int, at: datetime
) -> ChannelOperation:
    return ChannelOperation.objects.create(
        kind=OperationKind.CAPTURE,
        channel_account=authorisation.attempt.channel_account,
        channel_no=channel_no_of(capture_id),
        subject=capture_id,
        amount_minor=amount_minor,
        currency=authorisation.currency,
        created_at=at,
    )
