"""What the tests of payments and their neighbours share."""

from datetime import date

import pytest
from django.db import connection, transaction

from ledger.identifiers import new_id
from payments.actions import payments
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    Merchant,
    Payment,
    PaymentAttempt,
)
from payments.screening import Judgement, ScreeningRequest, Verdict, get_screener
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    confirmed_payment,
)
from tests.instants import NOON

# --- create ---------------------------------------------------------------------------------------


@pytest.fixture
def seller() -> Merchant:
    return MerchantFactory()


@pytest.fixture
def order(seller) -> PaymentRequest:
    """The smallest valid request: 100.00 CNY for one merchant, by the platform."""
    return PaymentRequest(
        merchant_order_no="A-1",
        amount_minor=10_000,
        currency="CNY",
        allocations=[AllocationRequest(seller.pk, 10_000)],
        description="Goods",
    )


def create(request: PaymentRequest) -> Payment:
    with transaction.atomic():
        return payments.create_payment(request, actor="key:ak_1", at=NOON)


# --- confirm --------------------------------------------------------------------------------------


def confirm(payment: Payment, *, at=NOON, method="alipay_qr", **other) -> Payment:
    with transaction.atomic():
        payments.confirm_payment(
            payment.pk, method=method, client_ip="203.0.113.7", actor="key:ak_1", at=at, **other
        )
    return Payment.objects.get(pk=payment.pk)


@pytest.fixture
def channel() -> ChannelAccount:
    return AlipayAccountFactory()


class StubScreener:
    """A judge who says what a test wants; the port is all that payments knows of risk."""

    verdict = Verdict.ALLOW
    asked: list[ScreeningRequest] = []
    given_back: list[str] = []
    counted_again: list[tuple[str, date]] = []

    def screen(self, request: ScreeningRequest) -> Judgement:
        assert connection.in_atomic_block
        self.asked.append(request)
        code = "" if self.verdict == Verdict.ALLOW else "stub.said_so"
        return Judgement(self.verdict, code, new_id("scr"))

    def give_back(self, payment_id: str, *, at) -> None:
        self.given_back.append(payment_id)

    def count_again(self, payment_id: str, *, business_date, at) -> None:
        self.counted_again.append((payment_id, business_date))


@pytest.fixture
def judge(settings, monkeypatch):
    """Name the stub in the settings, as a deployment names its own judge."""
    settings.PAYMENT_SCREENER = f"{__name__}.StubScreener"
    monkeypatch.setattr(StubScreener, "asked", [])
    monkeypatch.setattr(StubScreener, "given_back", [])
    monkeypatch.setattr(StubScreener, "counted_again", [])
    monkeypatch.setattr(StubScreener, "verdict", Verdict.ALLOW)
    get_screener.cache_clear()
    yield StubScreener
    get_screener.cache_clear()


def tried_in_vain() -> Payment:
    """Confirm a payment and let its try fail for certain."""
    attempt = confirmed_payment()
    for status in ("sending", "failed"):
        PaymentAttempt.objects.update(status=status)
        ChannelOperation.objects.update(status=status)
    return attempt.payment
