"""A payment that may go to either of two accounts, and what keeps it from the first."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from payments.actions import holds
from payments.models import (
    ChannelAccount,
    ChannelBreaker,
    DatabaseClock,
    HoldCover,
    PaymentAttempt,
)
from settlements.rehearsal.channel_accounts import Terms, alipay_account
from tests.instants import NOON
from tests.rig.counter import Counter


@pytest.fixture
def counter(marketplace, simulator) -> Counter:
    """A confirmed payment of 100.00 whose order has not left, at the first of two accounts."""
    return Counter(marketplace, simulator)


@pytest.fixture
def another(marketplace, simulator) -> Callable[[str], ChannelAccount]:
    """Register one more account that takes the same, younger than the first."""

    def another(digit: str) -> ChannelAccount:
        plan = marketplace.plan
        return alipay_account(
            Terms(f"{plan.name} {digit}", plan.currency, 60, plan.bank_account_no),
            app_id=plan.app_id.replace("20219", f"2021{digit}"),
            seller_id=plan.seller_id.replace("20889", f"2088{digit}"),
            bank=marketplace.bank,
            other_side=simulator,
            at=NOON + timedelta(days=1),
        )

    return another


@pytest.fixture
def second(another) -> ChannelAccount:
    """The account that takes what the first cannot."""
    return another("8")


def tries(counter: Counter) -> list[tuple[str, str]]:
    """Return by which accounts the payment was tried and how each try stands, in order."""
    rows = PaymentAttempt.objects.filter(payment_id=counter.attempt.payment_id)
    return list(rows.order_by("created_at", "id").values_list("channel_account_id", "status"))


def let_die(account: ChannelAccount, *, is_tried: bool = False) -> None:
    """Open the breaker of an account; `is_tried` lets one order try the line at once."""
    pause = timedelta(0) if is_tried else timedelta(minutes=5)
    ChannelBreaker.objects.create(
        channel_account=account,
        failed_at=[NOON] * 5,
        opened_at=DatabaseClock(),
        probe_at=DatabaseClock() + pause,
    )


def stop(account: ChannelAccount | None = None) -> None:
    """Hold back everything that is sent, by one account or by all."""
    holds.hold_sending(
        HoldCover.EVERYTHING,
        actor="user:1",
        at=NOON,
        reason="alarm",
        channel_account_id=account and account.pk,
    )
