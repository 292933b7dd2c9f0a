"""Selling: purchases become payments, payers pay them, and the house learns of it by itself."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actions import payments
from payments.actions.capture_requests import CaptureRequest, start_capture
from payments.actions.checkout import SANDBOX_PAYERS
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.errors import CapturedAlreadyError
from payments.models import (
    Capturing,
    ChannelKind,
    Merchant,
    Payment,
    PaymentAttempt,
    PaymentMethod,
)
from payments.queries.methods import CHANNEL_OF_METHOD
from payments.states import OperationStatus, PaymentStatus
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.returns import Returns

WINDOW = 48
"""Payments under way at once."""
SPAN = timedelta(days=3)
"""How far apart in virtual time payments under way may be; codes live longer than that."""
LIFETIME = timedelta(days=7)
RETURNED_AFTER = timedelta(minutes=30)
TAKEN_AFTER = timedelta(minutes=5)
"""How long after the order what is held of it is taken."""
_LAST_TRY = ("payment_id", "payment__status", "status", "operation__channel_no", "payer_action")
PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.06
PAYERS = 4


@dataclass(frozen=True, slots=True)
class Purchase:
    """One thing to be paid for. `shares_minor` is what each seller (partner's number) is owed.

    Without `is_confirmed` it is only owed; without `is_paid` its payer walks away from the code.
    What `is_refunded` was paid first, and goes back in full; what `is_held` is held by the channel
    first, and then taken. A channel's coupon pays `coupon_minor` of it.
    """

    order_no: str
    amount_minor: int
    shares_minor: Mapping[str, int]
    at: datetime
    payer_no: str | None
    method: str = PaymentMethod.ALIPAY_QR
    is_confirmed: bool = True
    is_paid: bool = True
    is_refunded: bool = False
    is_held: bool = False
    coupon_minor: int = 0


@dataclass(frozen=True, slots=True)
class _LastTry:
    """How far a payment is by its last try, and what its payer's device is told to do."""

    payment_id: str
    payment_status: str
    status: str
    channel_no: str
    action: Mapping[str, Any]


@dataclass
class Till:
    """Takes purchases in order and keeps up to WINDOW of them under way.

    The till only creates and confirms, plays the payers, and sends back what is not wanted to the
    returns desk. That a payment is paid or refunded it learns from the database, as everybody
    does: order, notification, question and booking are the house's own work. Purchases that were
    taken before are found by their order numbers.
    """

    market: Marketplace
    other_side: OtherSide
    merchants: Mapping[str, Merchant]
    watch: Callable[[], None]
    set_clock: Callable[[datetime], None]
    returns: Returns
    _under_way: dict[str, Purchase] = field(default_factory=dict)
    _paying: dict[str, Future[None]] = field(default_factory=dict)
    _returning: set[str] = field(default_factory=set)
    _taking: set[str] = field(default_factory=set)
    _moved_at: float = 0.0

    def take(
        self, purchases: Iterable[Purchase], *, on_done: Callable[[Purchase, str], None]
    ) -> None:
        """Sell everything; `on_done` hears of each purchase with its payment's status."""
        waiting = deque(sorted(purchases, key=lambda purchase: purchase.at))
        known = self._known([purchase.order_no for purchase in waiting])
        self._moved_at = time.monotonic()
        with ThreadPoolExecutor(PAYERS) as payers:
            while waiting or self._under_way:
                while waiting and self._has_room(waiting[0]):
                    purchase = waiting.popleft()
                    self._begin(purchase, known=known.get(purchase.order_no), on_done=on_done)
                self._look(payers, on_done=on_done)

    def _known(self, order_nos: list[str]) -> dict[str, tuple[str, str]]:
        rows = Payment.objects.filter(merchant=None, merchant_order_no__in=order_nos).values_list(
            "merchant_order_no", "id", "status"
        )
        return {order_no: (payment_id, status) for order_no, payment_id, status in rows}

    def _has_room(self, purchase: Purchase) -> bool:
        if len(self._under_way) >= WINDOW:
            return False
        oldest = min((other.at for other in self._under_way.values()), default=purchase.at)
        return purchase.at - oldest <= SPAN

    def _begin(
        self,
        purchase: Purchase,
        *,
        known: tuple[str, str] | None,
        on_done: Callable[[Purchase, str], None],
    ) -> None:
        self.set_clock(purchase.at)
        with transaction.atomic(durable=True):
            payment_id, status = known or (self._create(purchase), str(PaymentStatus.CREATED))
            if purchase.is_confirmed and status in (
                PaymentStatus.CREATED,
                PaymentStatus.AWAITING_PAYMENT,
            ):
                status = self._confirm(payment_id, purchase)
        self._under_way[payment_id] = purchase
        if status == PaymentStatus.PAID and purchase.is_refunded:
            self._give_back(payment_id)
        elif status != PaymentStatus.AWAITING_PAYMENT:
            self._end(payment_id, status, on_done)
        self._moved_at = time.monotonic()

    def _confirm(self, payment_id: str, purchase: Purchase) -> str:
        payment = payments.confirm_payment(
            payment_id,
            method=purchase.method,
            client_ip="127.0.0.1",
            actor=ACTOR,
            at=purchase.at,
            payer_account=SANDBOX_PAYERS.get(purchase.method, ""),
        )
        return str(payment.status)

    def _create(self, purchase: Purchase) -> str:
        payment = payments.create_payment(
            PaymentRequest(
                merchant_order_no=purchase.order_no,
                amount_minor=purchase.amount_minor,
                currency=self.market.plan.currency,
                allocations=[
                    AllocationRequest(
                        merchant_id=self.merchants[seller].id, amount_minor=share_minor
                    )
                    for seller, share_minor in purchase.shares_minor.items()
                ],
                description=f"Order {purchase.order_no[:12]}",
                payer_no=purchase.payer_no,
                expires_at=purchase.at + LIFETIME,
                capture_mode=Capturing.MANUAL if purchase.is_held else Capturing.AUTOMATIC,
            ),
            actor=ACTOR,
            at=purchase.at,
        )
        return str(payment.id)

    def _look(
        self, payers: ThreadPoolExecutor, *, on_done: Callable[[Purchase, str], None]
    ) -> None:
        """See how far the payments under way are; let payers pay those that wait for them."""
        if not self._under_way:
            return
        rows = (
            PaymentAttempt.objects.filter(payment_id__in=self._under_way)
            .order_by("created_at", "id")
            .values_list(*_LAST_TRY)
        )
        # Of a payment that was tried before a cut, and again, the last try counts.
        latest = {row[0]: _LastTry(*row) for row in rows}
        for attempt in latest.values():
            if attempt.payment_id not in self._returning:
                self._go_on(attempt, payers, on_done)
        for payment_id, status in self.returns.over(self._returning).items():
            self._returning.discard(payment_id)
            self._end(payment_id, f"{PaymentStatus.PAID}, refund {status}", on_done)
        if time.monotonic() - self._moved_at > PATIENCE_SECONDS:
            raise CommandError(
                _("%(count)d payments do not get on; the logs of the processes say why.")
                % {"count": len(self._under_way)}
            )
        self.watch()
        time.sleep(PAUSE_SECONDS)

    def _go_on(
        self,
        attempt: _LastTry,
        payers: ThreadPoolExecutor,
        on_done: Callable[[Purchase, str], None],
    ) -> None:
        """Do what a payment waits for by its last try, or be done with it."""
        payment_id, status = attempt.payment_id, attempt.payment_status
        if status == PaymentStatus.AUTHORIZED:
            self._capture(payment_id)
        elif status == PaymentStatus.PAID and self._under_way[payment_id].is_refunded:
            self._give_back(payment_id)
        elif status != PaymentStatus.AWAITING_PAYMENT:
            self._end(payment_id, status, on_done)
        elif attempt.status == OperationStatus.FAILED:
            self._end(payment_id, f"{status}: try failed", on_done)
        elif attempt.status == OperationStatus.AWAITING_PAYER:
            self._let_pay(attempt, payers, on_done)

    def _let_pay(
        self,
        attempt: _LastTry,
        payers: ThreadPoolExecutor,
        on_done: Callable[[Purchase, str], None],
    ) -> None:
        payment_id = attempt.payment_id
        purchase = self._under_way[payment_id]
        if not purchase.is_paid:
            self._end(payment_id, PaymentStatus.AWAITING_PAYMENT, on_done)
            return
        if payment_id not in self._paying:
            self._paying[payment_id] = payers.submit(
                self._pay, purchase, attempt.channel_no, attempt.action
            )
        elif self._paying[payment_id].done():
            self._paying[payment_id].result()

    def _pay(self, purchase: Purchase, channel_no: str, action: Mapping[str, Any]) -> None:
        """Be the payer: go on to the channel where the order says so, and pay there."""
        # WeChat Pay knows of its orders before, and the address for a browser is soon too old.
        if CHANNEL_OF_METHOD[PaymentMethod(purchase.method)] != ChannelKind.WECHATPAY:
            self.other_side.open_page(action)
        self.other_side.pay(
            app_id=self._app_id(purchase),
            out_trade_no=channel_no,
            at=purchase.at + timedelta(minutes=1),
            coupon_minor=purchase.coupon_minor,
        )

    def _app_id(self, purchase: Purchase) -> str:
        """Name whom the payer pays at the channel."""
        accounts = {
            ChannelKind.WECHATPAY: self.market.wechat,
            ChannelKind.UNIONPAY: self.market.unionpay,
        }
        account = accounts.get(CHANNEL_OF_METHOD[PaymentMethod(purchase.method)])
        return account.merchant_no if account else self.market.plan.app_id

    def _capture(self, payment_id: str) -> None:
        """Take all that is held, once."""
        if payment_id in self._taking:
            return
        self._taking.add(payment_id)
        self._moved_at = time.monotonic()
        purchase = self._under_way[payment_id]
        with suppress(CapturedAlreadyError):
            start_capture(
                CaptureRequest(payment_id),
                actor=self.returns.maker.actor,
                at=purchase.at + TAKEN_AFTER,
                reason="Order shipped",
            )

    def _give_back(self, payment_id: str) -> None:
        """Send a paid purchase to the returns desk, once it is paid a while."""
        purchase = self._under_way[payment_id]
        self.returns.give_back(
            payment_id, number=f"{purchase.order_no}-R", at=purchase.at + RETURNED_AFTER
        )
        self._returning.add(payment_id)
        self._moved_at = time.monotonic()

    def _end(self, payment_id: str, status: str, on_done: Callable[[Purchase, str], None]) -> None:
        self._paying.pop(payment_id, None)
        self._taking.discard(payment_id)
        on_done(self._under_way.pop(payment_id), status)
        self._moved_at = time.monotonic()
