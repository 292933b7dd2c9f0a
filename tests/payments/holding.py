"""An authorising channel in the test's own process: it remembers all orders and says what it must.

For rules of ours that no real channel shows on demand; what adapters speak is in tests/contracts.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection, transaction

from ledger import encryption
from payments.actions import attempts, payments
from payments.channels import registry
from payments.channels.base import (
    CaptureMode,
    CaptureRequest,
    Outcome,
    OutcomeKind,
    PayRequest,
    RefundRequest,
    VoidRequest,
)
from payments.models import Payment, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, owed_payment
from tests.instants import NOON
from tests.rig.stage import run_jobs

UNKNOWN = Outcome(OutcomeKind.UNKNOWN, code="NO_ANSWER")
MISSING = Outcome(OutcomeKind.UNKNOWN, code="NOT_FOUND")
REFUSED = Outcome(OutcomeKind.FAILED, code="REFUSED")
AWAITING = Outcome(OutcomeKind.AWAITING_PAYER, qr_code="https://qr.example/1")


def done(amount_minor: int, *, at: datetime = NOON, **facts: object) -> Outcome:
    """Say that an order was carried out."""
    return Outcome(
        OutcomeKind.SUCCEEDED, amount_minor=amount_minor, currency="CNY", paid_at=at, **facts
    )


class HoldingChannel:
    """Does what it is told; `says` maps a verb to the next answers, used up one by one."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, object]] = []
        self.says: dict[str, list[Outcome | Callable[[], Outcome]]] = {}
        self.made: dict[str, Outcome] = {}

    def _do(self, verb: str, key: str, order: object, usual: Outcome) -> Outcome:
        assert not connection.in_atomic_block, "no network inside a transaction"
        self.orders.append((verb, order))
        told = self.says.get(verb) or []
        answer = told.pop(0) if told else usual
        if answer.kind == OutcomeKind.SUCCEEDED:
            self.made[key] = answer
        return answer

    def sent(self, verb: str) -> list[object]:
        """Return the orders of one kind that came."""
        return [order for name, order in self.orders if name == verb]

    def pay(self, request: PayRequest) -> Outcome:
        return self._do("pay", request.channel_no, request, AWAITING)

    def query(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        return self._do("query", channel_no, channel_no, self.made.get(channel_no, AWAITING))

    def close(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        return self._do("close", channel_no, channel_no, Outcome(OutcomeKind.CLOSED))

    def capture(self, request: CaptureRequest) -> Outcome:
        usual = done(request.amount_minor, channel_ref=f"C-{request.channel_no}")
        return self._do("capture", request.channel_no, request, usual)

    def query_capture(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        usual = self.made.get(channel_no, MISSING)
        return self._do("query_capture", channel_no, channel_no, usual)

    def void(self, request: VoidRequest) -> Outcome:
        return self._do("void", request.channel_no, request, done(request.amount_minor))

    def query_void(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        usual = self.made.get(channel_no, MISSING)
        return self._do("query_void", channel_no, channel_no, usual)

    def refund(self, request: RefundRequest) -> Outcome:
        return self._do("refund", request.channel_no, request, done(request.amount_minor))

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        usual = self.made.get(channel_no, MISSING)
        return self._do("query_refund", channel_no, channel_no, usual)


def holding_channel(
    monkeypatch: pytest.MonkeyPatch, *, captures: CaptureMode = CaptureMode.SEVERAL
) -> HoldingChannel:
    """Let Alipay be a channel that holds money, spoken to in this process."""
    channel = HoldingChannel()
    traits = replace(
        registry.TRAITS["alipay"], authorises=frozenset({"alipay_qr"}), captures=captures
    )
    monkeypatch.setitem(registry.TRAITS, "alipay", traits)
    monkeypatch.setitem(registry._BUILDERS, "alipay", lambda _config, _transport: channel)
    # It has no keys to read.
    monkeypatch.setattr(encryption, "decrypt", lambda *_sealed, **_place: "")
    return channel


def confirmed_holding(*merchants: object, at: datetime = NOON, **facts: object) -> PaymentAttempt:
    """Create and confirm a payment whose money shall be held first; its order is at the channel."""
    AlipayAccountFactory(channel_fee_bps=60)
    payment = owed_payment(*merchants, at=at, capture_mode="manual", **facts)
    with transaction.atomic():
        payments.confirm_payment(
            payment.pk, method="alipay_qr", client_ip="203.0.113.7", actor="key:test", at=at
        )
    run_jobs()
    return PaymentAttempt.objects.select_related("payment", "operation").get(payment=payment)


def authorised(
    channel: HoldingChannel, *merchants: object, at: datetime = NOON, **facts: object
) -> Payment:
    """Have a payment authorised by its channel at `at`."""
    attempt = confirmed_holding(*merchants, at=at, **facts)
    channel.made[attempt.operation.channel_no] = done(attempt.payment.amount_minor, at=at)
    attempts.query_attempt(attempt.pk, at=at)
    run_jobs()
    payment = Payment.objects.get(pk=attempt.payment_id)
    assert payment.status == "authorized"
    return payment
