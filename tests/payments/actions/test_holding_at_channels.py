"""Money that a channel holds, over real HTTP: taken, given back, lapsed; lost answers found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
from django.db import transaction

from payments.actions import (
    attempts,
    authorisations,
    capture_orders,
    payments,
    refund_orders,
    void_orders,
    voids,
)
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Authorisation, Capture, Payment, PaymentAttempt, Void
from settlements.queries import integrity
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import Terms
from settlements.rehearsal.other_side import OtherSide
from tests.factories.payments import owed_payment, refund_asked
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

    def grant(self) -> None:
        """Be the payer: let the money be held."""
        action = self.attempt.payer_action
        if action and action["kind"] == "form":
            httpx.post(action["url"], data=action["fields"], timeout=30)
        self.other_side.pay(
            app_id=self.owner, out_trade_no=self.attempt.operation.channel_no, at=HELD_AT
        )
        self.ask(at=HELD_AT)
        assert self.payment.status == "authorized"

    def ask(self, *, at: datetime) -> None:
        let_machines_wait()
        attempts.query_attempt(self.attempt.pk, at=at, is_notified=True)

    def capture(self, amount_minor: int | None, *, is_final: bool | None = None) -> Capture:
        with transaction.atomic():
            capture = request_capture(
                CaptureRequest(self.payment.pk, amount_minor, is_final=is_final),
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
def hold(marketplace, simulator) -> Callable[[str], Hold]:
    """Have 100.00 ordered to be held by a method."""

    def hold(method: str) -> Hold:
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
        payment = owed_payment(at=NOON, capture_mode="manual")
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


def test_alipay_takes_two_parts_gives_one_back_and_frees_the_rest(hold):
    # Given
    held = hold("alipay_qr")
    held.grant()

    # When
    first, second = held.capture(3_000), held.capture(2_000)
    refund = refund_asked(held.payment, amount_minor=1_000, capture_id=second.pk, at=LATER)
    run_jobs()
    settle()
    void = held.void()

    # Then
    refund.refresh_from_db()
    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert (refund.status, refund.capture_id) == ("succeeded", second.pk)
    assert (void.status, void.amount_minor) == ("succeeded", 5_000)
    assert (held.payment.status, held.authorisation.ended_code) == ("paid", "voided")

    # When
    held.ask(at=LATER)

    # Then
    held.attempt.refresh_from_db()
    assert held.attempt.status == "succeeded"


def test_a_card_is_charged_once_and_what_was_taken_is_given_back(hold):
    # Given
    held = hold("card_page")
    held.grant()

    # When
    capture = held.capture(7_000)
    refund = refund_asked(held.payment, amount_minor=2_000, at=LATER)
    run_jobs()
    settle()

    # Then
    refund.refresh_from_db()
    assert (capture.status, capture.is_final) == ("succeeded", True)
    assert (refund.status, refund.capture_id) == ("succeeded", capture.pk)
    assert (held.payment.status, held.authorisation.ended_code) == ("paid", "captured")


@BOTH
def test_what_nobody_took_is_given_back(hold, method):
    # Given
    held = hold(method)
    held.grant()

    # When
    void = held.void()

    # Then
    assert (void.status, void.amount_minor) == ("succeeded", 10_000)
    assert (held.payment.status, held.authorisation.ended_code) == ("closed", "voided")


@BOTH
def test_a_hold_is_given_back_before_it_lapses(hold, simulator, method):
    # Given
    held = hold(method)
    held.grant()
    ends_at = held.authorisation.expires_at
    early, due = ends_at - timedelta(hours=12, seconds=1), ends_at - timedelta(hours=12)

    # Then
    simulator.set_clock(early)
    assert authorisations.expire_authorisations(actor="task:test", at=early) == 0

    # When
    simulator.set_clock(due)
    assert authorisations.expire_authorisations(actor="task:test", at=due) == 1
    run_jobs()
    settle(at=due)

    # Then
    assert Void.objects.get().status == "succeeded"
    assert (held.payment.status, held.payment.status_code) == ("closed", "authorization_expired")


@BOTH
def test_a_hold_that_lapsed_meanwhile_ends_when_the_channel_will_not_give_it_back(
    hold, simulator, method
):
    # Given
    held = hold(method)
    held.grant()
    late = held.authorisation.expires_at + timedelta(hours=1)
    simulator.set_clock(late)

    # When
    for _ in range(3):
        authorisations.expire_authorisations(actor="task:test", at=late)
        run_jobs()
        settle(at=late)

    # Then
    assert held.authorisation.ended_at is not None
    assert (held.payment.status, held.payment.status_code) == ("closed", "authorization_expired")


LOST = pytest.mark.parametrize(
    ("method", "call", "deed"),
    [
        # Alipay takes what is held by a trade of its own.
        ("alipay_qr", "alipay.trade.pay", "paid"),
        ("card_page", "unionpay.capture", "captured"),
    ],
)


@LOST
def test_a_capture_whose_answer_was_lost_is_found_and_made_once(hold, method, call, deed):
    # Given
    held = hold(method)
    held.grant()
    held.fail_next("timeout_after_commit", call)

    # When
    capture = held.capture(4_000)
    settle()

    # Then
    assert capture.status == "succeeded"
    assert (capture.operation.sends, capture.operation.queries > 0) == (1, True)
    assert held.effects(capture.operation.channel_no).count(deed) == 1


@pytest.mark.parametrize(
    ("method", "call"),
    [("alipay_qr", "alipay.fund.auth.order.unfreeze"), ("card_page", "unionpay.void")],
)
def test_a_void_whose_answer_was_lost_is_found_and_made_once(hold, method, call):
    # Given
    held = hold(method)
    held.grant()
    held.fail_next("timeout_after_commit", call)

    # When
    void = held.void()

    # Then
    assert void.status == "succeeded"
    assert (void.operation.sends, void.operation.queries > 0) == (1, True)
    assert held.payment.status == "closed"
