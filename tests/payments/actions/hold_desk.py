"""A payer who lets us hold 100.00, at the simulated channels over real HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
from django.db import transaction

from payments.actions import attempts, capture_orders, payments, refund_orders, void_orders, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Authorisation, Capture, Payment, PaymentAttempt, Void
from settlements.queries import integrity
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import Terms
from settlements.rehearsal.other_side import OtherSide
from tests.factories.payments import owed_payment
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

MERCHANT_NO = "777290058119002"
HELD_AT = NOON + timedelta(minutes=7)
LATER = NOON + timedelta(hours=1)


@dataclass
class Hold:
    """100.00 that a payer lets us hold, and the channel where they do."""

    other_side: OtherSide
    owner: str
    attempt: PaymentAttempt

    @property
    def payment(self) -> Payment:
        return Payment.objects.get(pk=self.attempt.payment_id)

    @property
    def authorisation(self) -> Authorisation:
        return Authorisation.objects.get(payment_id=self.attempt.payment_id)

    def consent(self) -> None:
        """Be the payer: let the money be held, or pay it, of which nobody here hears yet."""
        action = self.attempt.payer_action
        if action and action["kind"] == "form":
            httpx.post(action["url"], data=action["fields"], timeout=30)
        self.other_side.pay(
            app_id=self.owner, out_trade_no=self.attempt.operation.channel_no, at=HELD_AT
        )

    def grant(self) -> None:
        """Be the payer: let the money be held; we ask, and learn it."""
        self.consent()
        self.ask(at=HELD_AT)
        assert self.payment.status == "authorized"

    def ask(self, *, at: datetime) -> None:
        let_machines_wait()
        attempts.query_attempt(self.attempt.pk, at=at, is_notified=True)

    def capture(self, amount_minor: int | None) -> Capture:
        is_taken_once = self.attempt.method == "card_page"
        with transaction.atomic():
            capture = request_capture(
                CaptureRequest(self.payment.pk, amount_minor, is_final=is_taken_once),
                actor="key:test",
                at=LATER,
            )
        run_jobs()
        settle()
        return Capture.objects.select_related("operation").get(pk=capture.pk)

    def void(self) -> Void:
        voids.start_void(self.payment.pk, actor="user:1", at=LATER, reason="Not needed")
        run_jobs()
        settle()
        return Void.objects.get(payment=self.payment)

    def fail_next(self, kind: str, method: str) -> None:
        self.other_side.client.post(
            "/control/faults", json={"kind": kind, "app_id": self.owner, "method": method}
        ).raise_for_status()

    def effects(self, channel_no: str) -> list[str]:
        """Return what the channel did under one number, calls left out."""
        found, after = [], 0
        while page := self.other_side.client.get(f"/control/effects?after={after}").json():
            if not page["effects"]:
                return found
            after = page["next"]
            found += [
                effect["kind"]
                for effect in page["effects"]
                if effect["number"] == channel_no and effect["kind"] != "request"
            ]
        return found


def settle(at: datetime = LATER) -> None:
    """Have everything that waits looked after, as the janitor would, some time later."""
    let_machines_wait()
    for orders in (capture_orders, void_orders, refund_orders):
        orders.defer_due(at=at)
    run_jobs()


@pytest.fixture
def hold(marketplace, simulator) -> Callable[..., Hold]:
    """Have 100.00 ordered by a method, to be held unless another `capture_mode` says otherwise."""

    def hold(method: str, capture_mode: str = "manual") -> Hold:
        owner = marketplace.plan.app_id
        if method == "card_page":
            owner = MERCHANT_NO
            channel_accounts.unionpay_account(
                Terms("Cards", "CNY", 60, marketplace.plan.bank_account_no),
                mer_id=owner,
                bank=marketplace.bank,
                other_side=simulator,
                at=NOON,
            )
        payment = owed_payment(at=NOON, capture_mode=capture_mode)
        with transaction.atomic():
            payments.confirm_payment(
                payment.pk, method=method, client_ip="203.0.113.7", actor="key:test", at=NOON
            )
        run_jobs()
        attempt = PaymentAttempt.objects.select_related("operation").get(payment=payment)
        return Hold(simulator, owner, attempt)

    yield hold
    assert integrity.verify().violations == []


BOTH = pytest.mark.parametrize("method", ["alipay_qr", "card_page"])
