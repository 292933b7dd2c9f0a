"""Refunds of what our own coupon paid a part of: what each channel takes of us, and our books.

100.00 of which 4.00 was our gift: the channel owes 96.00 less its fee of 0.58. The numbers are
such that the parts do not divide evenly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.actions import refund_orders
from payments.channels import registry
from payments.models import PaymentAttempt, Refund
from settlements.queries import integrity
from tests.books import balance
from tests.contracts.desks import LATER, PAID_AT, Desk
from tests.rig.stage import let_machines_wait, run_jobs

GIFT_MINOR = 400
TAKEN = {"alipay": (3_333, 6_267), "wechatpay": (3_200, 6_400), "unionpay": (3_200, 6_400)}
"""What a channel takes of us for 33.33 and for the rest. At Alipay what we got goes first."""


@pytest.fixture(autouse=True)
def no_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two refunds of a payment follow each other at once."""
    for channel, traits in registry.TRAITS.items():
        monkeypatch.setitem(registry.TRAITS, channel, replace(traits, refund_spacing=timedelta(0)))


@contextmanager
def settling(desk: Desk, settled_minor: int, fee_minor: int = 0) -> Iterator[None]:
    """Let the channel say what it settles, where nobody can order it, and what fee it gives back.

    UnionPay's answers have no place for a fee: its files tell.
    """
    fee = f"{fee_minor // 100}.{fee_minor % 100:02d}"
    changes: dict[str, dict[str, object]] = {
        "alipay": {"refund_charge_info_list": [{"refund_charge_fee": fee}]} if fee_minor else {},
        "wechatpay": {"amount.refund_fee": fee_minor} if fee_minor else {},
        "unionpay": {"settleAmt": str(settled_minor)},
    }
    with desk.answering(changes[desk.channel]):
        yield


def paid_with_our_coupon(desk: Desk) -> PaymentAttempt:
    attempt = desk.ordered()
    names = {"app_id": desk.owner, "out_trade_no": attempt.operation.channel_no}
    post = desk.other_side.client.post
    if desk.channel == "alipay":
        post("/control/pay", json={**names, "gift_minor": GIFT_MINOR}).raise_for_status()
    else:
        if desk.channel == "wechatpay":
            coupon = {**names, "kind": "NOCASH", "amount_minor": GIFT_MINOR}
            post("/control/wechat/coupons", json=coupon).raise_for_status()
        desk.other_side.pay(**names, at=PAID_AT)
    with settling(desk, 9_600):
        return desk.ask(attempt)


def refunded(desk: Desk, attempt: PaymentAttempt, amount_minor: int, **said: int) -> Refund:
    """Have a part refunded, when its turn has come, and the channel asked about it."""
    with settling(desk, **said):
        refund = desk.refund(attempt, amount_minor)
        let_machines_wait()
        run_jobs()
        refund_orders.query_refund(refund.pk, at=LATER, is_notified=True)
    return Refund.objects.get(pk=refund.pk)


def test_a_part_and_the_rest_leave_nothing_of_it_in_the_books(desk):
    # Given
    attempt = paid_with_our_coupon(desk)
    owner = f"{attempt.channel_account_id}/{attempt.payment.allocations.get().merchant_id}"
    assert (attempt.status, attempt.settled_minor) == ("succeeded", 9_600)
    assert (balance("1101", owner), balance("5001", owner)) == ("95.42", "4.58")
    first_minor, rest_minor = TAKEN[desk.channel]

    # When
    first = refunded(desk, attempt, 3_333, settled_minor=first_minor, fee_minor=19)
    rest = refunded(desk, attempt, 6_667, settled_minor=rest_minor, fee_minor=39)

    # Then
    assert (first.status, rest.status) == ("succeeded", "succeeded")
    given_minor = (first.amount_minor - first.settled_minor, rest.amount_minor - rest.settled_minor)
    assert given_minor == (3_333 - first_minor, 6_667 - rest_minor)
    assert sum(given_minor) == GIFT_MINOR
    is_fee_told = desk.channel != "unionpay"
    left = ("0.00", "0.00") if is_fee_told else ("-0.58", "0.58")
    assert (balance("1101", owner), balance("5001", owner)) == left
    assert integrity.verify().violations == []
