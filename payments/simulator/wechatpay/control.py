"""What tests, the demo and the replay tell the simulated WeChat Pay."""

from dataclasses import dataclass

from payments.simulator.clock import iso_text
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields
from payments.simulator.money import amount_text
from payments.simulator.plans import PlanBook, plan_from
from payments.simulator.wechatpay.coupons import CouponBook
from payments.simulator.wechatpay.merchants import DOMESTIC, MerchantBook, Registration
from payments.simulator.wechatpay.payer_page import PATH
from payments.simulator.wechatpay.platform_keys import KeyMode
from payments.simulator.wechatpay.refunds import RefundBook
from payments.simulator.wechatpay.trades import Trade, TradeBook
from payments.simulator.wechatpay.transfer_control import Senders, TransferControl


@dataclass(frozen=True)
class WechatControl:
    """The control API's part about WeChat Pay; merchants go by their mchid or their appid."""

    merchants: MerchantBook
    trades: TradeBook
    notices: Senders
    plans: PlanBook
    coupons: CouponBook
    refunds: RefundBook
    transfers: TransferControl

    def changed(self, name: str, *, fields: JsonFields) -> object:
        """Carry an order out; Raises RefusedError if it cannot be, and then nothing is written."""
        match name:
            case "merchants":
                return self._register(fields)
            case "rotate":
                mchid = fields.text("mchid")
                fields.require_no_more()
                return self.merchants.rotate(mchid).shown()
            case name if name.startswith("transfers/"):
                return self.transfers.changed(name.removeprefix("transfers/"), fields=fields)
            case "refund-spacing":
                return self._space_refunds_out(fields)
            case "coupons":
                return self._give_coupon(fields)
            case "plans":
                return self.plans.order(plan_from(fields)).shown()
            case _:
                raise RefusedError(status=404, code="not_found", detail=name)

    def find(self, owner: str, *, out_trade_no: str) -> Trade | None:
        """Look a trade up, as it was when somebody last looked."""
        return self.trades.find_by_owner(owner=owner, out_trade_no=out_trade_no)

    def trade_as_of(self, trade: Trade, *, at_ms: int) -> object:
        """Describe a trade as it is at an instant."""
        return _trade_shown(self.trades.as_of(trade, at_ms=at_ms))

    def pay(self, trade: Trade, *, at_ms: int) -> object:
        """Be the payer. Raises RefusedError if the trade is closed."""
        merchant = self.merchants.find(trade.mchid)
        assert merchant is not None
        return _trade_shown(self.trades.pay(trade, merchant=merchant, at_ms=at_ms))

    def _space_refunds_out(self, fields: JsonFields) -> object:
        mchid, seconds = fields.text("mchid"), fields.integer("seconds", default=60)
        fields.require_no_more()
        self.refunds.space_out(mchid=mchid, wait_ms=seconds * 1_000)
        return {"mchid": mchid, "seconds": seconds}

    def _give_coupon(self, fields: JsonFields) -> object:
        owner, out_trade_no = fields.text("app_id"), fields.text("out_trade_no")
        kind, amount_minor = fields.text("kind"), fields.integer("amount_minor", default=0)
        fields.require_no_more()
        trade = self.trades.find_by_owner(owner=owner, out_trade_no=out_trade_no)
        if trade is None:
            raise RefusedError(status=409, code="unknown_trade", detail=out_trade_no)
        self.coupons.give(trade, kind=kind, amount_minor=amount_minor)
        return {"out_trade_no": out_trade_no, "kind": kind, "amount_minor": amount_minor}

    def _register(self, fields: JsonFields) -> object:
        registration = Registration(
            mchid=fields.text("mchid"),
            appid=fields.text("appid"),
            serial_no=fields.text("serial_no"),
            public_key_pem=fields.text("public_key_pem"),
            api_v3_key=fields.text("api_v3_key"),
            fee_bps=fields.integer("fee_bps", default=0),
            returns_fee=fields.flag("returns_fee"),
            key_mode=fields.optional_text("key_mode") or KeyMode.PUBLIC_KEY.value,
            bank_account_no=fields.optional_text("bank_account_no"),
            currency=fields.optional_text("currency") or DOMESTIC,
        )
        fields.require_no_more()
        return self.merchants.register(registration).shown()


def _trade_shown(trade: Trade) -> dict[str, object]:
    """Describe a trade to people, as the control API does those of Alipay."""
    return {
        "app_id": trade.appid,
        "mchid": trade.mchid,
        "out_trade_no": trade.out_trade_no,
        "status": trade.status.value,
        "trade_no": trade.transaction_id,
        "total_amount": amount_text(trade.total_minor, currency=trade.currency),
        "currency": trade.currency,
        "created_at": iso_text(trade.created_ms),
        "expires_at": iso_text(trade.expires_ms),
        "paid_at": None if trade.paid_ms is None else iso_text(trade.paid_ms),
        "payer_path": f"{PATH}{trade.token}",
    }
