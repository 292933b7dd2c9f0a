"""Money that came otherwise than asked, and what two people make of it."""

from datetime import datetime

from django.db import transaction

from ledger.actions.approvals import Decider
from ledger.identifiers import new_id
from ledger.models import ApprovalRequest
from payments.actions import captures, resolutions
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    Merchant,
    ParkedMoney,
    Payment,
    PaymentAttempt,
)
from payments.parked_states import ResolutionWay
from payments.queries.parked import open_resolution
from payments.states import OperationStatus
from tests.factories.payments import AlipayAccountFactory, attempted_payment, owed_payment
from tests.instants import NOON

MAKER = "user:1"
CHECKER = Decider("user:2", second_factor="totp")


def came(
    attempt: PaymentAttempt, *, amount_minor: int, currency: str = "", at: datetime = NOON
) -> None:
    """Let money come by a try, without a channel: as its worker records it."""
    payment = Payment.objects.get(pk=attempt.payment_id)
    attempt.payment = payment
    outcome = Outcome(
        OutcomeKind.SUCCEEDED,
        amount_minor=amount_minor,
        currency=currency or payment.currency,
        paid_at=at,
    )
    with transaction.atomic():
        for row in (attempt.operation, attempt):
            row.status = OperationStatus.SUCCEEDED
            row.save(update_fields=["status"])
        captures.record_paid(
            payment, attempt=attempt, outcome=outcome, actor="channel:alipay", at=at
        )
        resolutions.resolve_by_terms(attempt, at=at)


def conflicted_money(
    *merchants: Merchant, came_minor: int = 9_900, currency: str = "", **owed: object
) -> ParkedMoney:
    """Return money that came otherwise than asked: 100.00 CNY was."""
    payment = owed_payment(*merchants, **owed)  # type: ignore[arg-type]
    attempt = attempted_payment(payment, channel=AlipayAccountFactory(currency=payment.currency))
    came(attempt, amount_minor=came_minor, currency=currency)
    return ParkedMoney.objects.get(attempt=attempt)


def late_money(
    *merchants: Merchant, came_minor: int | None = None, at: datetime = NOON, **owed: object
) -> ParkedMoney:
    """Return money that came after its payment was closed."""
    payment = owed_payment(*merchants, **owed)  # type: ignore[arg-type]
    attempt = attempted_payment(payment, channel=AlipayAccountFactory(currency=payment.currency))
    for row in (attempt.operation, attempt):
        row.status = OperationStatus.CLOSED
        row.save(update_fields=["status"])
    for status in ("closing", "closed"):
        Payment.objects.filter(pk=payment.pk).update(status=status, status_code="expired")
    came(attempt, amount_minor=came_minor or payment.amount_minor, at=at)
    return ParkedMoney.objects.get(attempt=attempt)


def second_money(payment: Payment, *, channel: ChannelAccount | None = None) -> ParkedMoney:
    """Return money that came once more for a payment that has its money."""
    attempt = another_try(payment, channel=channel or AlipayAccountFactory())
    came(attempt, amount_minor=payment.amount_minor)
    return ParkedMoney.objects.get(attempt=attempt)


def another_try(payment: Payment, *, channel: ChannelAccount) -> PaymentAttempt:
    """Return one more try of a payment, closed at its channel: its payer may hold it still."""
    operation = ChannelOperation.objects.create(
        kind="pay",
        channel_account=channel,
        channel_no=new_id("att").upper(),
        subject=new_id("att"),
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        created_at=payment.created_at,
    )
    attempt = PaymentAttempt.objects.create(
        payment=payment,
        channel_account=channel,
        operation=operation,
        method="alipay_qr",
        created_at=payment.created_at,
    )
    for status in ("sending", "awaiting_payer", "closed"):
        for row in (operation, attempt):
            row.status = status
            row.save(update_fields=["status"])
    return attempt


def asked(
    parked: ParkedMoney, way: ResolutionWay | str, *, at: datetime = NOON, actor: str = MAKER
) -> ApprovalRequest:
    """Ask another person to agree to a way."""
    return resolutions.request_resolution(
        parked.pk, way=ResolutionWay(way), actor=actor, at=at, reason="The payer called."
    )


def agreed(parked: ParkedMoney, *, at: datetime = NOON, decider: Decider = CHECKER) -> ParkedMoney:
    """Let another person agree to what was asked."""
    request = open_resolution(parked.pk)
    assert request is not None
    return resolutions.approve_resolution(
        parked.pk, shown_digest=bytes(request.digest), decider=decider, at=at
    )


def resolved(parked: ParkedMoney, way: ResolutionWay | str, *, at: datetime = NOON) -> ParkedMoney:
    """Let two people resolve it."""
    asked(parked, way, at=at)
    return agreed(parked, at=at)
