"""What is owed: create and confirm it. Parts, composed by doors and `idempotency.run_once`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, connection

from ledger.errors import CurrencyMismatchError
from ledger.identifiers import new_id
from payments import locks, pricing, states
from payments.actions import authorisations, judgements, limits, merchants, moves, orders
from payments.errors import (
    AllocationMismatchError,
    LinkUsedError,
    OrderNumberTakenError,
    PaymentExpiredError,
    PaymentNotFoundError,
    TooManyTriesError,
    UnknownMerchantError,
)
from payments.models import (
    Capturing,
    ChannelAccount,
    Merchant,
    Payer,
    Payment,
    PaymentAllocation,
)
from payments.queries.calendar import business_date_of
from payments.queries.links import sold_by_other
from payments.queries.tries import times_tried
from payments.screening import Verdict
from payments.states import LIVE_ATTEMPTS, PaymentStatus

LIFETIME = timedelta(hours=2)
"""How long a payment may be paid when its creator says nothing; a QR code lives as long."""

TRIES_MAX: Final = 20
"""How often one payment is tried: twice each way that a checkout offers, which no payer needs."""


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """What of a payment shall belong to one merchant, in minor units of the payment."""

    merchant_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a partner asks for. What the allocations leave over belongs to no merchant.

    `merchant_id` is whose credential asks (None: the platform's); the order number is unique
    for it for ever. `payer_no` is its own number of the payer: another's is another person. With
    `link_id` the payment was begun by a payment link, from `client_ip`.
    """

    merchant_order_no: str
    amount_minor: int
    currency: str
    allocations: Sequence[AllocationRequest]
    description: str
    payer_no: str | None = None
    merchant_id: str | None = None
    credential_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    capture_mode: str = Capturing.AUTOMATIC
    link_id: str | None = None
    client_ip: str | None = None


def create_payment(request: PaymentRequest, *, actor: str, at: datetime) -> Payment:
    """Record what is owed. A part; nobody is asked and no money moves.

    Raises OrderNumberTakenError, AllocationMismatchError, UnknownMerchantError or
    CurrencyMismatchError; nothing is written then.
    """
    assert connection.in_atomic_block, "create_payment is a part; open a transaction around it"
    unallocated = _require_fitting(request)
    plans = _require_merchants(request)
    merchants.open_accounts(plans, currency=request.currency, business_date=business_date_of(at))
    payment = Payment(
        merchant_id=request.merchant_id,
        created_by_id=request.credential_id,
        link_id=request.link_id,
        client_ip=request.client_ip,
        merchant_order_no=request.merchant_order_no,
        payer_id=_payer_id(request.payer_no, merchant_id=request.merchant_id, at=at),
        amount_minor=request.amount_minor,
        unallocated_minor=unallocated,
        currency=request.currency,
        description=request.description,
        metadata=dict(request.metadata),
        capture_mode=request.capture_mode,
        created_at=at,
        expires_at=request.expires_at or at + LIFETIME,
    )
    _insert_once(payment)
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            payment=payment,
            merchant_id=allocation.merchant_id,
            place=place,
            amount_minor=allocation.amount_minor,
            fee_plan=plans[allocation.merchant_id].fee_plan,
            fee_minor=pricing.fee(
                allocation.amount_minor, plans[allocation.merchant_id].fee_plan.terms
            ),
        )
        for place, allocation in enumerate(request.allocations, 1)
    )
    moves.tell(payment, "payment.created", actor=actor, at=at)
    return payment


def confirm_payment(
    payment_id: str,
    *,
    method: str,
    client_ip: str | None,
    actor: str,
    at: datetime,
    token: str = "",
    payer_account: str = "",
) -> Payment:
    """Let risk judge the payment, and if it may go on, prepare the order to the channel. A part.

    The order is written here and sent by a job after COMMIT. Confirming again while a try is
    live changes nothing. A denied payment becomes `rejected` and keeps the reason's code. A
    challenged one stays as it is, with the challenge's code: the payer types their payment
    password at the checkout, and what they get for it comes back here as `token`. `payer_account`
    is how the channel knows the payer inside its own app, where the method needs it.

    Raises PaymentNotFoundError, PaymentExpiredError, NoChannelError, MethodCannotHoldError,
    LinkUsedError where its link may be paid once and was by another, TooManyTriesError or
    IllegalMoveError; nothing is written then.
    """
    assert connection.in_atomic_block, "confirm_payment is a part; open a transaction around it"
    payment = _locked(payment_id)
    if payment.status == PaymentStatus.AWAITING_PAYMENT:
        if payment.attempts.filter(status__in=LIVE_ATTEMPTS).exists():
            return payment
    else:
        states.PAYMENT.require_move(payment.status, PaymentStatus.AWAITING_PAYMENT)
    _require_payable(payment, at=at)
    account = _account_for(payment, method, at=at)
    payment.method, payment.payer_account = method, payer_account
    payment.client_ip = client_ip
    judgement = judgements.judge(payment, token=token, at=at)
    if judgement.verdict == Verdict.ALLOW:
        orders.prepare_attempt(payment, account=account, at=at)
        moves.move(payment, PaymentStatus.AWAITING_PAYMENT, actor=actor, at=at)
    elif judgement.verdict == Verdict.CHALLENGE:
        _challenge(payment, code=judgement.code, actor=actor, at=at)
    elif payment.status == PaymentStatus.AWAITING_PAYMENT:
        # An earlier try failed for certain, so nothing is at the channel: the payment ends here,
        # and with it what a judgement that does not deny has counted.
        limits.give_back(payment, at=at)
        moves.move(payment, PaymentStatus.CLOSING, code=judgement.code, actor=actor, at=at)
        moves.move(payment, PaymentStatus.CLOSED, code=judgement.code, actor=actor, at=at)
    elif judgement.verdict == Verdict.DENY:
        moves.move(payment, PaymentStatus.REJECTED, code=judgement.code, actor=actor, at=at)
    else:
        moves.move(payment, PaymentStatus.RISK_REVIEW, code=judgement.code, actor=actor, at=at)
    return payment


def _require_payable(payment: Payment, *, at: datetime) -> None:
    """Refuse what is over, or of a link that may be paid once and was by another payment."""
    if payment.expires_at <= at:
        raise PaymentExpiredError
    if sold_by_other(payment):
        raise LinkUsedError


def require_tries_left(payment: Payment) -> None:
    """Begin no other try of a locked payment that was tried so often. Raises TooManyTriesError.

    One that was never tried is not looked up: its first try costs no round trip for that.
    """
    is_tried = payment.status == PaymentStatus.AWAITING_PAYMENT
    if is_tried and times_tried(payment.pk) >= TRIES_MAX:
        raise TooManyTriesError


def _account_for(payment: Payment, method: str, *, at: datetime) -> ChannelAccount:
    """Return the account that takes one more try by a method, or can hold the money first."""
    require_tries_left(payment)
    authorisations.require_holding(payment, method)
    return orders.channel_account(method, payment.currency, payment=payment, at=at)


def _challenge(payment: Payment, *, code: str, actor: str, at: datetime) -> None:
    """Leave a payment where it is until its payer proves themselves; that uses no limit."""
    limits.give_back(payment, at=at)
    if payment.status_code != code:
        moves.tell_code(payment, "payment.challenged", code=code, actor=actor, at=at)


def _locked(payment_id: str) -> Payment:
    try:
        return locks.locked_payment(payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFoundError from None


def _require_fitting(request: PaymentRequest) -> int:
    """Return what the allocations leave over. Raises AllocationMismatchError.

    The platform may take money that belongs to no merchant at all; a merchant takes their own.
    """
    amounts = [allocation.amount_minor for allocation in request.allocations]
    merchant_ids = {allocation.merchant_id for allocation in request.allocations}
    left = request.amount_minor - sum(amounts)
    if left < 0 or min(amounts, default=1) <= 0 or len(merchant_ids) < len(amounts):
        raise AllocationMismatchError
    if not amounts and request.merchant_id is not None:
        raise AllocationMismatchError
    return left


def _require_merchants(request: PaymentRequest) -> dict[str, Merchant]:
    wanted = {allocation.merchant_id for allocation in request.allocations}
    found = {
        merchant.id: merchant
        for merchant in Merchant.objects.filter(id__in=wanted, is_active=True).select_related(
            "fee_plan"
        )
    }
    for merchant_id in sorted(wanted):
        if merchant_id not in found or request.merchant_id not in (None, merchant_id):
            raise UnknownMerchantError(merchant=merchant_id)
        plan_currency = found[merchant_id].fee_plan.currency
        if plan_currency != request.currency:
            raise CurrencyMismatchError(left=request.currency, right=plan_currency)
    return found


def _payer_id(payer_no: str | None, *, merchant_id: str | None, at: datetime) -> str | None:
    """Return the payer of the partner's own number, taken in when new, in one round trip.

    `merchant_id` is whose number it is, None for the platform's.
    """
    if payer_no is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH known AS (
                 SELECT id FROM payments_payer
                 WHERE external_no = %(no)s AND (merchant_id = %(merchant)s
                   OR (merchant_id IS NULL AND %(merchant)s IS NULL))),
               taken_in AS (
                 INSERT INTO payments_payer (id, external_no, merchant_id, created_at)
                 SELECT %(id)s, %(no)s, %(merchant)s, %(at)s WHERE NOT EXISTS (SELECT FROM known)
                 ON CONFLICT (external_no, merchant_id) DO NOTHING RETURNING id)
               SELECT id FROM taken_in UNION ALL SELECT id FROM known""",
            {"id": new_id("pyr"), "no": payer_no, "merchant": merchant_id, "at": at},
        )
        row = cursor.fetchone()
    if row is not None:
        return str(row[0])
    # Two first payments of one payer at once: the other one was faster and has committed.
    ours = Payer.objects.filter(merchant_id=merchant_id, external_no=payer_no)
    return ours.values_list("pk", flat=True).get()


def _insert_once(payment: Payment) -> None:
    try:
        payment.save(force_insert=True)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") == "payments_payment_order_no":
            raise OrderNumberTakenError(merchant_order_no=payment.merchant_order_no) from error
        raise
