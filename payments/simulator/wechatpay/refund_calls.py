"""WeChat Pay's calls about refunds: ask for one, and where it stands, with their rules."""

from dataclasses import dataclass

from payments.simulator.plans import REFUND_KINDS, PlanBook, PlanKind
from payments.simulator.wechatpay.fields import BodyFields
from payments.simulator.wechatpay.gateway import Call, Method, Reply
from payments.simulator.wechatpay.orders import digest_of, notify_url, require_currency
from payments.simulator.wechatpay.refunds import (
    AT_ONCE,
    Ending,
    RefundBook,
    RefundOrder,
    RefundStatus,
)
from payments.simulator.wechatpay.refusals import CallRefusedError, bad_parameter
from payments.simulator.wechatpay.resources import refund_resource
from payments.simulator.wechatpay.trades import Trade, TradeBook, TradeStatus

_NUMBER = r"[0-9A-Za-z_\-|*@]{1,64}"
_REFUNDS_MAX = 50
_YEAR_MS = 365 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class RefundMethods:
    """The calls about refunds."""

    trades: TradeBook
    refunds: RefundBook
    plans: PlanBook

    def by_name(self) -> dict[str, Method]:
        """Name the calls as the log of effects does."""
        return {"wechat.refund": self.refund, "wechat.refund_query": self.query}

    def refund(self, call: Call) -> Reply:
        """Give back what was paid, or a part of it; the same refund again changes nothing.

        Raises CallRefusedError for bad fields, for another refund under a used number, and where
        the trade cannot give back as much.
        """
        order, trade, total_minor = self._asked_for(call)
        known = self.refunds.find(mchid=trade.mchid, out_refund_no=order.out_refund_no)
        if known is not None:
            if known.digest != order.digest:
                raise CallRefusedError("INVALID_REQUEST")
            self.refunds.repeat(known, trade=trade, at_ms=call.at_ms)
            known = self.refunds.as_of(known, trade=trade, merchant=call.merchant, at_ms=call.at_ms)
            return Reply(status=200, content=refund_resource(known, trade=trade))
        self._require_refundable(trade, order=order, total_minor=total_minor, at_ms=call.at_ms)
        refund = self.refunds.accept(
            order,
            trade=trade,
            merchant=call.merchant,
            ending=self._ending(trade, order=order),
            at_ms=call.at_ms,
        )
        return Reply(status=200, content=refund_resource(refund, trade=trade))

    def query(self, call: Call) -> Reply:
        """Say where a refund stands, by the merchant's number.

        Raises CallRefusedError (RESOURCE_NOT_EXISTS) for a number that is not known.
        """
        refund = self.refunds.find(mchid=call.merchant.mchid, out_refund_no=call.number)
        if refund is None:
            raise CallRefusedError("RESOURCE_NOT_EXISTS", message="退款单不存在")
        trade = self.trades.find_by_id(refund.trade_id)
        assert trade is not None
        refund = self.refunds.as_of(refund, trade=trade, merchant=call.merchant, at_ms=call.at_ms)
        return Reply(status=200, content=refund_resource(refund, trade=trade))

    def _asked_for(self, call: Call) -> tuple[RefundOrder, Trade, int]:
        fields = BodyFields.of(call.body)
        transaction_id = fields.optional_text("transaction_id", length_max=32)
        out_trade_no = fields.optional_text("out_trade_no", length_max=32)
        amount = fields.object("amount")
        order = RefundOrder(
            out_refund_no=fields.text("out_refund_no", length_max=64, shape=_NUMBER),
            digest=digest_of(call.body),
            refund_minor=amount.amount("refund"),
            notify_url=notify_url(fields, is_required=False),
        )
        total_minor = amount.amount("total")
        require_currency(amount, merchant=call.merchant)
        amount.pass_over({"from": list})
        amount.require_no_more()
        fields.optional_text("reason", length_max=80)
        fields.pass_over({"funds_account": str, "goods_detail": list})
        fields.require_no_more()
        if bool(transaction_id) == bool(out_trade_no):
            message = "transaction_id和out_trade_no二选一"
            raise bad_parameter("/body/out_trade_no", message=message)
        mchid = call.merchant.mchid
        trade = (
            self.trades.find_by_transaction_id(mchid=mchid, transaction_id=transaction_id)
            if transaction_id
            else self.trades.find(mchid=mchid, out_trade_no=out_trade_no)
        )
        if trade is None:
            raise CallRefusedError("RESOURCE_NOT_EXISTS", message="订单不存在")
        return order, self.trades.as_of(trade, at_ms=call.at_ms), total_minor

    def _require_refundable(
        self, trade: Trade, *, order: RefundOrder, total_minor: int, at_ms: int
    ) -> None:
        if trade.status != TradeStatus.PAID:
            raise CallRefusedError("INVALID_REQUEST", message="订单未支付或已关闭，不能退款")
        assert trade.paid_ms is not None
        if at_ms - trade.paid_ms > _YEAR_MS:
            raise CallRefusedError("INVALID_REQUEST", message="订单已超过可退款的最大期限")
        if total_minor != trade.total_minor:
            raise CallRefusedError("INVALID_REQUEST", message="订单金额与之前请求不一致")
        refunds = self.refunds.of_trade(trade)
        taken_minor = sum(
            refund.refund_minor for refund in refunds if refund.status != RefundStatus.CLOSED
        )
        if taken_minor + order.refund_minor > trade.total_minor:
            raise CallRefusedError("INVALID_REQUEST", message="累计退款金额大于支付金额")
        spacing_ms = self.refunds.spacing_ms(mchid=trade.mchid)
        if refunds and at_ms - refunds[-1].created_ms < spacing_ms:
            message = "同一笔订单的退款请求需间隔1分钟"
            raise CallRefusedError("FREQUENCY_LIMITED", message=message)
        if len(refunds) >= _REFUNDS_MAX:
            raise CallRefusedError("INVALID_REQUEST", message="部分退款次数超过50次")

    def _ending(self, trade: Trade, *, order: RefundOrder) -> Ending:
        """Say how a refund will end, by what was ordered to become of it."""
        numbers = (order.out_refund_no, trade.out_trade_no)
        plan = self.plans.take(REFUND_KINDS, app_id=trade.mchid, numbers=numbers)
        plan = plan or self.plans.take(REFUND_KINDS, app_id=trade.appid, numbers=numbers)
        if plan is None:
            return AT_ONCE
        match plan.kind:
            case PlanKind.REFUND_REFUSED:
                raise CallRefusedError(plan.error_code or "NOT_ENOUGH")
            case PlanKind.REFUND_FAILED if plan.error_code == "ABNORMAL":
                return Ending(status=RefundStatus.ABNORMAL, wait_ms=plan.wait_ms)
            case PlanKind.REFUND_FAILED:
                return Ending(status=RefundStatus.CLOSED, wait_ms=plan.wait_ms)
            case PlanKind.REFUND_REVERSED:
                return Ending(status=RefundStatus.SUCCESS, wait_ms=0, stays_ms=plan.wait_ms)
            case _:
                return Ending(status=RefundStatus.SUCCESS, wait_ms=plan.wait_ms)
