"""What Alipay's notifications about refunds, transfers and frozen money say."""

import json
from dataclasses import replace

from payments.simulator.alipay.apps import App
from payments.simulator.alipay.holds import Hold
from payments.simulator.alipay.notifier import trade_params
from payments.simulator.alipay.refunds import Refund, Refunds
from payments.simulator.alipay.transfer_calls import error_of
from payments.simulator.alipay.transfers import Transfer
from payments.simulator.clock import shanghai_text
from payments.simulator.money import amount_text

TRANSFER_CHANGED = "alipay.fund.trans.order.changed"


def refund_params(
    refund: Refund,
    *,
    known: Refunds,
    app: App,
    notify_id: str,
    now_ms: int,
    extra_minor: int,
    amount: str | None,
) -> dict[str, str]:
    """Say that a part of a trade was given back: `refund_fee` is all that was, up to then.

    `amount` is said instead of the truth, `extra_minor` on top of it.
    """
    trade = known.trade
    done_minor = sum(
        other.amount_minor
        for other in known.refunds
        if other.status == "done" and (other.ends_ms, other.id) <= (refund.ends_ms, refund.id)
    )
    true = amount_text(done_minor + extra_minor, currency=trade.currency)
    return {
        **trade_params(trade, app=app, notify_id=notify_id, now_ms=now_ms),
        "out_biz_no": refund.out_request_no,
        "refund_fee": amount or true,
        "gmt_refund": f"{shanghai_text(refund.ends_ms)}.{refund.ends_ms % 1000:03d}",
    }


def transfer_params(
    transfer: Transfer,
    *,
    status: str,
    app: App,
    notify_id: str,
    now_ms: int,
    extra_minor: int,
    amount: str | None,
) -> dict[str, str]:
    """Say which status a transfer came to; `amount` and `extra_minor` as with a refund."""
    true = amount_text(transfer.amount_minor + extra_minor, currency=transfer.currency)
    content = {
        "out_biz_no": transfer.out_biz_no,
        "order_id": transfer.order_id,
        "pay_fund_order_id": transfer.pay_fund_order_id,
        "status": status,
        "trans_amount": amount or true,
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "origin_interface": "alipay.fund.trans.uni.transfer",
        "pay_date": shanghai_text(transfer.ends_ms),
        **error_of(replace(transfer, status=status)),
    }
    return {
        "msg_method": TRANSFER_CHANGED,
        "notify_id": notify_id,
        "utc_timestamp": str(now_ms),
        "app_id": app.app_id,
        "version": "1.1",
        "charset": "UTF-8",
        "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
    }


def hold_params(
    hold: Hold,
    *,
    what: str,
    app: App,
    notify_id: str,
    now_ms: int,
    extra_minor: int,
    amount: str | None,
) -> dict[str, str]:
    """Say that money was frozen, or freed under a number; `amount`, `extra_minor` as above."""
    freed = hold.unfreeze(what)
    minor = hold.amount_minor if freed is None else freed.amount_minor
    done_ms = hold.held_ms if freed is None else freed.done_ms
    assert hold.auth_no is not None
    return {
        "notify_time": shanghai_text(now_ms),
        "notify_type": "fund_auth_freeze" if freed is None else "fund_auth_unfreeze",
        "notify_id": notify_id,
        "charset": "utf-8",
        "version": "1.0",
        "app_id": app.app_id,
        "auth_app_id": app.app_id,
        "auth_no": hold.auth_no,
        "out_order_no": hold.out_order_no,
        "operation_id": hold.operation_id,
        "out_request_no": hold.out_order_no if freed is None else what,
        "operation_type": "FREEZE" if freed is None else "UNFREEZE",
        "amount": amount or amount_text(minor + extra_minor, currency=hold.currency),
        "status": "SUCCESS",
        "gmt_trans": shanghai_text(done_ms or now_ms),
        "payer_user_id": hold.payer_id,
        "total_freeze_amount": amount_text(hold.amount_minor, currency=hold.currency),
        "rest_amount": amount_text(hold.left_minor, currency=hold.currency),
        "total_pay_amount": amount_text(hold.captured_minor, currency=hold.currency),
    }
