"""An account at WeChat Pay: what is registered is what its adapter then works with."""

from datetime import timedelta

import pytest

from payments.actions.channels import channel_of
from payments.channels.base import OutcomeKind, PayRequest, RefundRequest
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.instants import NOON
from tests.rig.stage import open_wechat_account, order_plan, story_of


@pytest.mark.parametrize("key_mode", ["public_key", "certificate"])
def test_orders_asks_refunds_and_is_told_in_either_key_mode(
    marketplace: Marketplace, simulator: OtherSide, key_mode: str
) -> None:
    # Given
    account = open_wechat_account(marketplace, other_side=simulator, key_mode=key_mode)
    channel = channel_of(account)
    number, refund_no = f"ATT_{key_mode}", f"REF_{key_mode}"
    order = PayRequest(
        channel_no=number,
        amount_minor=10_000,
        currency="CNY",
        subject="茶具 tea set",
        method="wechat_native",
        expires_at=NOON + timedelta(hours=2),
        at=NOON,
        stamped_at=NOON,
    )
    refund = RefundRequest(
        channel_no=refund_no,
        pay_channel_no=number,
        amount_minor=3_000,
        total_minor=10_000,
        currency="CNY",
        reason="returned",
        stamped_at=NOON,
    )
    order_plan(simulator, "refund_delayed", number=refund_no, seconds=60)

    # When
    opened = channel.pay(order)
    simulator.pay(app_id=account.app_id, out_trade_no=number, at=NOON)
    paid = channel.query(number, at=NOON)
    taken = channel.refund(refund)
    simulator.set_clock(NOON + timedelta(minutes=1))
    refunded = channel.query_refund(
        refund_no, pay_channel_no=number, at=NOON + timedelta(minutes=1)
    )

    # Then
    assert opened.qr_code.startswith(f"{simulator.url}/wechat/payer/")
    assert [each.kind for each in (opened, paid, taken, refunded)] == [
        OutcomeKind.AWAITING_PAYER,
        OutcomeKind.SUCCEEDED,
        OutcomeKind.PROCESSING,
        OutcomeKind.SUCCEEDED,
    ]
    assert (paid.amount_minor, refunded.amount_minor) == (10_000, 3_000)
    assert refunded.paid_at == NOON + timedelta(minutes=1)
    story = [deed for deed in story_of(simulator, number) if deed != "notified"]
    assert story == ["order_accepted", "native 200", "paid", "query 200"]
    story = [deed for deed in story_of(simulator, refund_no) if deed != "notified"]
    assert story == ["refund_accepted", "refund 200", "refund_success", "refund_query 200"]
