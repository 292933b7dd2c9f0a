"""WeChat Pay's call about a refund that its payer's account did not take."""

from dataclasses import dataclass

from payments.simulator.plans import REFUND_KINDS, PlanBook, PlanKind
from payments.simulator.wechatpay.fields import BodyFields
from payments.simulator.wechatpay.gateway import Call, Method, Reply
from payments.simulator.wechatpay.refunds import AT_ONCE, Ending, RefundBook, RefundStatus
from payments.simulator.wechatpay.refusals import CallRefusedError
from payments.simulator.wechatpay.resources import refund_resource
from payments.simulator.wechatpay.secrecy import opened
from payments.simulator.wechatpay.trades import TradeBook


@dataclass(frozen=True)
class AbnormalMethods:
    """The call that delivers an abnormal refund in another way."""

    trades: TradeBook
    refunds: RefundBook
    plans: PlanBook

    def by_name(self) -> dict[str, Method]:
        """Name the call as the log of effects does."""
        return {"wechat.abnormal": self.apply}

    def apply(self, call: Call) -> Reply:
        """Deliver a refund to a card of the payer's or to the merchant; again changes nothing.

        Raises CallRefusedError for bad fields, and for a refund that is not abnormal.
        """
        fields = BodyFields.of(call.body)
        number = fields.text("out_refund_no", length_max=64)
        kind = fields.text("type", length_max=32, shape="USER_BANK_CARD|MERCHANT_BANK_CARD")
        if kind == "USER_BANK_CARD":
            fields.text("bank_type", length_max=16)
            for name in ("bank_account", "real_name"):
                sealed = fields.text(name, length_max=1024)
                place = fields.place(name)
                opened(sealed, serial=call.serial, merchant=call.merchant, place=place)
        fields.require_no_more()
        refund = self.refunds.find(mchid=call.merchant.mchid, out_refund_no=number)
        if refund is None or refund.refund_id != call.number:
            raise CallRefusedError("RESOURCE_NOT_EXISTS", message="退款单不存在")
        trade = self.trades.find_by_id(refund.trade_id)
        assert trade is not None
        refund = self.refunds.as_of(refund, trade=trade, merchant=call.merchant, at_ms=call.at_ms)
        if refund.status == RefundStatus.CLOSED:
            raise CallRefusedError("INVALID_REQUEST", message="退款单状态不支持发起异常退款")
        if refund.status == RefundStatus.ABNORMAL:
            plan = self.plans.take(REFUND_KINDS, app_id=refund.mchid, numbers=(number,))
            ending = AT_ONCE
            if plan is not None and plan.kind == PlanKind.REFUND_REFUSED:
                raise CallRefusedError(plan.error_code or "SYSTEM_ERROR")
            if plan is not None:
                failed = plan.kind == PlanKind.REFUND_FAILED
                status = RefundStatus.ABNORMAL if failed else RefundStatus.SUCCESS
                ending = Ending(status=status, wait_ms=plan.wait_ms)
            refund = self.refunds.deliver(refund, trade=trade, ending=ending, at_ms=call.at_ms)
        return Reply(status=200, content=refund_resource(refund, trade=trade))
