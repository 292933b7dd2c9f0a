"""A counter at which one order is taken at a time, and its payer played."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import models, transaction

from payments.actions import payments
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.models import Capturing, Merchant, Payment, PaymentAttempt, PaymentMethod
from payments.states import AttemptStatus, PaymentStatus
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide

Story = Iterator[Callable[[], bool]]
"""What happens, stopping wherever the house or a channel has to do something first."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Sells for one merchant at the instant `at`; amounts are minor units of the market's."""

    market: Marketplace
    other_side: OtherSide
    merchant: Merchant
    at: datetime

    def ordered(
        self, number: str, method: PaymentMethod, amount_minor: int, *, is_held: bool = False
    ) -> str:
        """Sell something under an order number, have it ordered at a channel; return its id."""
        with transaction.atomic():
            payment_id = self.created(number, amount_minor, is_held=is_held)
        self.confirmed(payment_id, method)
        return payment_id

    def created(self, number: str, amount_minor: int, *, is_held: bool = False) -> str:
        """Write a payment that somebody owes; return its id. A part."""
        payment = payments.create_payment(
            PaymentRequest(
                merchant_order_no=number,
                amount_minor=amount_minor,
                currency=self.market.plan.currency,
                allocations=[
                    AllocationRequest(merchant_id=self.merchant.pk, amount_minor=amount_minor)
                ],
                description=f"Order {number.lower()}",
                expires_at=self.at + timedelta(days=1),
                capture_mode=Capturing.MANUAL if is_held else Capturing.AUTOMATIC,
            ),
            actor=ACTOR,
            at=self.at,
        )
        return str(payment.pk)

    @transaction.atomic
    def confirmed(self, payment_id: str, method: PaymentMethod) -> None:
        """Have it ordered at a channel."""
        payments.confirm_payment(
            payment_id, method=method, client_ip="127.0.0.1", actor=ACTOR, at=self.at
        )

    def until_paid(self, payment_id: str, status: PaymentStatus) -> Story:
        """Let the payer pay as soon as they can, and wait until the payment has this status."""
        yield partial(waits_for_payer, payment_id)
        self.pay(last_try(payment_id))
        yield partial(is_now, Payment, payment_id, status)

    def pay(self, attempt: PaymentAttempt, *, opens_page: bool = True) -> None:
        """Be the payer of one try; one who opens no page pays what the channel knows already."""
        if opens_page:
            self.other_side.open_page(attempt.payer_action or {})
        account = attempt.channel_account
        self.other_side.pay(
            app_id=account.app_id if account == self.market.alipay else account.merchant_no,
            out_trade_no=attempt.operation.channel_no,
            at=self.at,
        )


def is_now(model: type[models.Model], pk: str, status: str) -> bool:
    """Tell whether a row has a status by now."""
    return model._default_manager.filter(pk=pk, status=status).exists()


def last_try(payment_id: str) -> PaymentAttempt:
    """Return the newest try of a payment, with its order and account."""
    tries = PaymentAttempt.objects.filter(payment_id=payment_id)
    return tries.select_related("operation", "channel_account").latest("created_at", "pk")


def waits_for_payer(payment_id: str, method: str = "") -> bool:
    """Tell whether the newest try, by this method if one is named, waits for its payer."""
    attempt = last_try(payment_id)
    return attempt.status == AttemptStatus.AWAITING_PAYER and attempt.method == (
        method or attempt.method
    )
