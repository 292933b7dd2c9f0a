"""A refund through the API, at both channels: part of it, then the rest, and the books close."""

from datetime import timedelta

import pytest

from payments.actions import attempts, refund_orders
from payments.models import ChannelOperation, DatabaseClock, PaymentAttempt, Refund
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, open_wechat_account, run_jobs

PAID_AT = NOON + timedelta(minutes=3)


@pytest.fixture
def wechat(story):
    return open_wechat_account(story.market, other_side=story.other_side)


def paid(story, *, method, app_id):
    """Let a payer pay 100.00 for tea and 50.00 for books."""
    created = story.post(
        "/v1/payments",
        {
            "merchant_order_no": "T-7",
            "amount": 15_000,
            "currency": "CNY",
            "description": "Tea and books",
            "allocations": [
                {"merchant_id": story.merchants["tea"].id, "amount": 10_000},
                {"merchant_id": story.merchants["books"].id, "amount": 5_000},
            ],
        },
    ).json()
    story.post(
        f"/v1/payments/{created['id']}/confirm", {"method": method, "payer_ip": "203.0.113.7"}
    )
    run_jobs()
    number = PaymentAttempt.objects.get().operation.channel_no
    story.other_side.pay(app_id=app_id, out_trade_no=number, at=PAID_AT)
    let_machines_wait()
    attempts.query_attempt(PaymentAttempt.objects.get().pk, at=PAID_AT)
    run_jobs()
    assert story.shown(created)["status"] == "paid"
    return created


def settle():
    """Let workers send what is due and ask about what is under way.

    A channel wants some time between two refunds of one payment: that passes, too.
    """
    for _ in range(3):
        run_jobs()
        let_machines_wait()
        ChannelOperation.objects.filter(kind="refund").exclude(last_sent_at=None).update(
            last_sent_at=DatabaseClock() - timedelta(minutes=2)
        )
        refund_orders.defer_due(at=PAID_AT)
    run_jobs()


@pytest.mark.parametrize("method", ["alipay_qr", "wechat_native"])
def test_a_part_and_then_the_rest_go_back(story, wechat, method):
    # Given
    app_id = wechat.merchant_no if method == "wechat_native" else story.market.plan.app_id
    payment = paid(story, method=method, app_id=app_id)
    tea, books = story.merchants["tea"], story.merchants["books"]

    # When the partner gives 30.00 of the tea back
    asked = story.post(
        "/v1/refunds",
        {
            "payment_id": payment["id"],
            "merchant_refund_no": "R-1",
            "allocations": [{"merchant_id": tea.id, "amount": 3_000}],
            "reason": "one tin was dented",
        },
    )
    assert asked.status_code == 201, asked.text
    settle()

    # Then 0.60 of the fee of 2.00 is returned with it (E05c)
    assert Refund.objects.get().status == "succeeded"
    assert_balances(tea.id, merchant_pending="68.60")
    assert_balances(books.id, merchant_pending="49.00")

    # When all the rest goes back
    asked = story.post(
        "/v1/refunds",
        {
            "payment_id": payment["id"],
            "merchant_refund_no": "R-2",
            "reason": "cancelled",
        },
    )
    assert asked.status_code == 201, asked.text
    settle()

    # Then nobody has any of it, nobody is owed, and a third refund finds nothing
    assert list(Refund.objects.order_by("pk").values_list("amount_minor", "status")) == [
        (3_000, "succeeded"),
        (12_000, "succeeded"),
    ]
    for merchant in (tea, books):
        assert_balances(merchant.id, merchant_pending="0", service_fee="0")
    assert verify().violations == []
    refused = story.post(
        "/v1/refunds",
        {"payment_id": payment["id"], "merchant_refund_no": "R-3", "reason": "again"},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_too_large")
