"""What a trade and a refund look like in WeChat Pay's answers and notices."""

from collections.abc import Sequence

from payments.simulator.clock import SHANGHAI, moment
from payments.simulator.wechatpay.coupons import Coupon
from payments.simulator.wechatpay.refunds import Refund, RefundStatus
from payments.simulator.wechatpay.trades import Trade, TradeStatus

Resource = dict[str, object]

_STATES = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "REFUND": "订单发生过退款，退款详情请查询退款单",
    "CLOSED": "订单已关闭",
}
_STATE_OF_STATUS = {
    TradeStatus.NOTPAY: "NOTPAY",
    TradeStatus.PAID: "SUCCESS",
    TradeStatus.CLOSED: "CLOSED",
}
_PAYER_ACCOUNT = "支付用户零钱"


def rfc3339(instant_ms: int) -> str:
    """Write an instant as WeChat Pay does: whole seconds, in Shanghai, with the offset."""
    return moment(instant_ms).astimezone(SHANGHAI).replace(microsecond=0).isoformat()


def trade_resource(trade: Trade, *, has_refunds: bool, coupons: Sequence[Coupon] = ()) -> Resource:
    """Describe a trade; REFUND says that a refund was requested, not that it succeeded."""
    state = "REFUND" if has_refunds else _STATE_OF_STATUS[trade.status]
    resource: Resource = {
        "appid": trade.appid,
        "mchid": trade.mchid,
        "out_trade_no": trade.out_trade_no,
        "trade_state": state,
        "trade_state_desc": _STATES[state],
        "attach": trade.attach,
        "promotion_detail": [_coupon_shown(coupon) for coupon in coupons],
    }
    if trade.paid_ms is None:
        return resource | {"amount": {"total": trade.total_minor}, "payer": {}}
    return resource | {
        "transaction_id": trade.transaction_id,
        "trade_type": trade.trade_type,
        "bank_type": "OTHERS",
        "success_time": rfc3339(trade.paid_ms),
        "payer": {"openid": trade.openid},
        "amount": {
            "total": trade.total_minor,
            "payer_total": trade.total_minor - trade.coupons_minor,
            "currency": trade.currency,
            "payer_currency": trade.currency,
        },
    }


def _coupon_shown(coupon: Coupon) -> Resource:
    """Describe a coupon: who paid for it beforehand, or that the merchant gives it."""
    is_gift = coupon.kind == "NOCASH"
    return {
        "coupon_id": f"{coupon.id:018d}",
        "name": "商户优惠" if is_gift else "微信立减",
        "scope": "GLOBAL",
        "type": coupon.kind,
        "amount": coupon.amount_minor,
        "stock_id": f"{coupon.id:08d}",
        "wechatpay_contribute": 0 if is_gift else coupon.amount_minor,
        "merchant_contribute": coupon.amount_minor if is_gift else 0,
        "other_contribute": 0,
        "currency": coupon.currency,
    }


def refund_resource(refund: Refund, *, trade: Trade) -> Resource:
    """Describe a refund as the calls answer it: its state is called `status` there."""
    resource: Resource = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": trade.transaction_id,
        "out_trade_no": trade.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": _PAYER_ACCOUNT,
        "create_time": rfc3339(refund.created_ms),
        "status": refund.status.value.upper(),
        "funds_account": "UNSETTLED",
        "amount": {
            "total": trade.total_minor,
            "refund": refund.refund_minor,
            "from": [],
            "payer_total": trade.total_minor - trade.coupons_minor,
            "payer_refund": refund.refund_minor - refund.coupons_minor,
            "settlement_refund": refund.refund_minor - refund.given_minor,
            "settlement_total": trade.settled_minor,
            "discount_refund": refund.coupons_minor,
            "currency": trade.currency,
            "refund_fee": refund.fee_returned_minor,
        },
        "promotion_detail": [],
    }
    if refund.status == RefundStatus.SUCCESS:
        resource["success_time"] = rfc3339(refund.ends_ms)
    return resource


def refund_notice_resource(refund: Refund, *, trade: Trade) -> Resource:
    """Describe a refund as notices do: its state is called `refund_status` there."""
    resource: Resource = {
        "mchid": refund.mchid,
        "out_trade_no": trade.out_trade_no,
        "transaction_id": trade.transaction_id,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.status.value.upper(),
        "user_received_account": _PAYER_ACCOUNT,
        "amount": {
            "total": trade.total_minor,
            "refund": refund.refund_minor,
            "payer_total": trade.total_minor - trade.coupons_minor,
            "payer_refund": refund.refund_minor - refund.coupons_minor,
        },
    }
    if refund.status == RefundStatus.SUCCESS:
        resource["success_time"] = rfc3339(refund.ends_ms)
    return resource
