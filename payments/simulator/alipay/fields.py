"""Reading what a call's `biz_content` says, and finding the trade that it names."""

from payments.simulator.alipay.gateway import Call
from payments.simulator.alipay.refusals import GatewayRefusedError
from payments.simulator.alipay.trade_orders import Scene
from payments.simulator.alipay.trades import Trade, TradeBook
from payments.simulator.clock import shanghai_date
from payments.simulator.money import amount_text

_SILENT_SCENES = (Scene.PAGE, Scene.WAP, Scene.APP)


def biz_text(call: Call, name: str) -> str:
    """Take a text, empty where it is absent; Raises GatewayRefusedError if it is no text."""
    value = call.biz.get(name, "")
    if not isinstance(value, str):
        raise invalid(name)
    return value


def invalid(name: str) -> GatewayRefusedError:
    """Make the refusal of a field of a trade method."""
    return GatewayRefusedError("ACQ.INVALID_PARAMETER", field=name)


def addressed_trade(call: Call, *, trades: TradeBook) -> Trade:
    """Find the trade by either number, as it is at the call's instant.

    Raises GatewayRefusedError if no number is given, or if no payer has scanned it yet.
    """
    trade_no, out_trade_no = biz_text(call, "trade_no"), biz_text(call, "out_trade_no")
    if not trade_no and not out_trade_no:
        raise invalid("out_trade_no")
    app_id = call.app.app_id
    trade = (
        trades.find_by_trade_no(app_id=app_id, trade_no=trade_no)
        if trade_no
        else trades.find(app_id=app_id, out_trade_no=out_trade_no)
    )
    if trade is None or trade.trade_no is None:
        raise GatewayRefusedError("ACQ.TRADE_NOT_EXIST")
    return trades.as_of(trade, at_ms=call.at_ms)


def funds_of(trade: Trade) -> list[tuple[str, str]]:
    """Say which funds paid a trade, as amounts and Alipay's names of them."""
    parts = (
        (trade.payer_minor, "ALIPAYACCOUNT"),
        (trade.coupon_minor, "COUPON"),
        (trade.gift_minor, "MDISCOUNT"),
    )
    return [(amount_text(minor, currency=trade.currency), fund) for minor, fund in parts if minor]


def amounts_of(trade: Trade) -> dict[str, str]:
    """Say of a paid trade who paid what: the payer, Alipay, and the merchant by its own gift."""
    told = {
        "receipt_amount": trade.receipt_minor,
        "invoice_amount": trade.receipt_minor,
        "buyer_pay_amount": trade.payer_minor,
        "point_amount": 0,
    }
    if trade.coupon_minor or trade.gift_minor:
        told |= {"discount_amount": trade.coupon_minor, "mdiscount_amount": trade.gift_minor}
    return {name: amount_text(minor, currency=trade.currency) for name, minor in told.items()}


def are_funds_told(trade: Trade) -> bool:
    """Say whether an answer tells who paid what of a paid trade.

    Of those that a browser or an app brings, a plain question learns zeros, and no funds.
    """
    return trade.paid_ms is not None and trade.scene not in _SILENT_SCENES


def vouchers_of(trade: Trade) -> list[dict[str, str]]:
    """Describe what the payer did not pay, and whose it was."""
    parts = (
        (trade.coupon_minor, "支付宝红包", "other_contribute"),
        (trade.gift_minor, "商家代金券", "merchant_contribute"),
    )
    none = amount_text(0, currency=trade.currency)
    vouchers = []
    for minor, name, whose in parts:
        if minor:
            amount = amount_text(minor, currency=trade.currency)
            gave = dict.fromkeys(("merchant_contribute", "other_contribute"), none)
            number = f"{shanghai_date(trade.paid_ms or 0):%Y%m%d}0002{trade.id:012d}{whose[0]}"
            vouchers.append(
                {
                    "id": number,
                    "name": name,
                    "type": "ALIPAY_FIX_VOUCHER",
                    "amount": amount,
                    **gave,
                    whose: amount,
                }
            )
    return vouchers
