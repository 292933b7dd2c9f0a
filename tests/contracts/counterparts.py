"""Each channel's counterpart in the simulator, and its people."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx

from payments.channels.base import (
    CaptureRequest,
    Channel,
    ChannelConfig,
    Outcome,
    PayRequest,
    RefundRequest,
    TransferRequest,
    VoidRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from settlements.rehearsal.other_side import OtherSide
from tests.contracts import alipay, unionpay, wechatpay
from tests.contracts.accounts import number_of_ours
from tests.contracts.blind_resends import effect_log
from tests.contracts.expectations import Expectations
from tests.instants import NOON

Numbered = PayRequest | RefundRequest | CaptureRequest | VoidRequest | TransferRequest
"""What can be ordered, under a number of ours."""

CHANNELS = {
    "alipay": alipay.ALIPAY,
    "alipay_certificates": alipay.ALIPAY_CERTIFICATES,
    "unionpay": unionpay.UNIONPAY,
    "wechatpay": wechatpay.WECHATPAY,
    "wechatpay_certificates": wechatpay.WECHATPAY,
}
"""Each way of meeting a channel, and what is expected of its adapter then."""


@dataclass
class Counterpart:
    """One account of ours at one simulated channel, and its people."""

    expected: Expectations
    config: ChannelConfig
    other_side: OtherSide
    transport: Transport
    currency: str

    @property
    def channel(self) -> Channel:
        """The adapter under test."""
        return channel_for(self.config, self.transport)

    @property
    def owner(self) -> str:
        """The number by which the channel knows us."""
        return str(getattr(self.config, self.expected.owner))

    @property
    def payee(self) -> str:
        """The number by which payers know us."""
        return self.config.app_id or self.config.merchant_no

    def with_config(self, **changes: str) -> Channel:
        """Give the adapter of an account that is configured otherwise."""
        return channel_for(replace(self.config, **changes), self.transport)

    def with_gateway(self, url: str) -> ChannelConfig:
        """Give the configuration of the same account with its channel elsewhere."""
        return replace(self.config, gateway_url=url)

    def order(self, **changes: object) -> PayRequest:
        """Write an order of 100.00 at noon with a number of its own."""
        wanted = PayRequest(
            channel_no=number_of_ours("ATT"),
            amount_minor=10_000,
            currency=self.currency,
            subject="茶具 tea set",
            method=self.expected.methods[0],
            expires_at=NOON + timedelta(hours=2),
            at=NOON,
            stamped_at=NOON,
        )
        return replace(wanted, **changes)

    def refund_of(self, order: PayRequest, **changes: object) -> RefundRequest:
        """Write a refund of 40.00 of an order, with a number of its own."""
        pay_channel_ref = changes.pop("pay_channel_ref", None)
        if pay_channel_ref is None:
            pay_channel_ref = self.channel.query(order.channel_no, at=NOON).channel_ref
        wanted = RefundRequest(
            channel_no=number_of_ours("RFD"),
            pay_channel_no=order.channel_no,
            amount_minor=4_000,
            total_minor=order.amount_minor,
            currency=order.currency,
            reason="a cup was broken",
            stamped_at=NOON,
            pay_channel_ref=str(pay_channel_ref),
        )
        return replace(wanted, **changes)

    def transfer(self, **changes: object) -> TransferRequest:
        """Write a transfer of 25.00 to somebody whom the channel knows."""
        is_wechat = self.expected.channel == "wechatpay"
        if not is_wechat:
            self.other_side.alipay.open_payee(
                user_id="2088000000000099", logon_id="cups@example.com", real_name="李杯"
            )
        wanted = TransferRequest(
            channel_no=number_of_ours("PYT"),
            amount_minor=2_500,
            currency=self.currency,
            account="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" if is_wechat else "cups@example.com",
            account_type="openid" if is_wechat else "logon_id",
            holder_name="" if is_wechat else "李杯",
            title="Settlement",
            remark="货款",
            stamped_at=NOON,
            scene="1009" if is_wechat else "",
            scene_reports=(("采购商品名称", "茶具"),) if is_wechat else (),
        )
        return replace(wanted, **changes)

    def held_order(self, *, at: datetime) -> PayRequest:
        """Have 100.00 authorised."""
        return self.paid_order(at=at, is_authorisation=True)

    def capture_of(self, order: PayRequest) -> CaptureRequest:
        """Write a capture of 70.00, the last one."""
        return CaptureRequest(
            channel_no=number_of_ours("CAP"),
            pay_channel_no=order.channel_no,
            pay_channel_ref=self.channel.query(order.channel_no, at=NOON).channel_ref,
            amount_minor=7_000,
            authorised_minor=order.amount_minor,
            currency=order.currency,
            subject="tea",
            is_final=True,
            stamped_at=NOON,
        )

    def void_of(self, order: PayRequest) -> VoidRequest:
        """Write that all is given back that was authorised."""
        return VoidRequest(
            channel_no=number_of_ours("VOI"),
            pay_channel_no=order.channel_no,
            pay_channel_ref=self.channel.query(order.channel_no, at=NOON).channel_ref,
            amount_minor=order.amount_minor,
            currency=order.currency,
            stamped_at=NOON,
        )

    def hand_over(self, outcome: Outcome) -> None:
        """Be the payer's browser: take a form to the channel. A code changes nothing by itself."""
        if self.expected.is_form and outcome.action is not None:
            httpx.post(outcome.action.url, data=dict(outcome.action.fields), timeout=30)

    def open_code(self, order: PayRequest) -> None:
        """Be the payer: scan, or come with the form, and do not pay."""
        if self.expected.is_form:
            self.hand_over(self.channel.pay(order))
            return
        self._control("scan", app_id=self.payee, out_trade_no=order.channel_no)

    def pay(self, order: PayRequest, *, at: datetime) -> None:
        """Be the payer: pay."""
        if self.expected.is_form:
            self.open_code(order)
        self.other_side.pay(app_id=self.payee, out_trade_no=order.channel_no, at=at)

    def paid_order(self, *, at: datetime, **changes: object) -> PayRequest:
        """Place an order and have it paid."""
        order = self.order(**changes)
        self.channel.pay(order)
        self.pay(order, at=at)
        return order

    def fail_next(self, kind: str, **detail: object) -> None:
        """Have the channel fail at its next call or notification of ours."""
        self._control("faults", kind=kind, app_id=self.owner, **detail)

    def plan(self, kind: str, request: RefundRequest | TransferRequest, **detail: object) -> None:
        """Order what becomes of a refund or a transfer."""
        self._control(
            f"{self.expected.side}/plans",
            kind=kind,
            app_id=self.owner,
            number=request.channel_no,
            **detail,
        )

    def effects(self, request: Numbered) -> list[str]:
        """List what the channel did under an order's number, requests left out."""
        return [
            str(effect["kind"])
            for effect in effect_log(self.other_side)
            if effect["number"] == request.channel_no and effect["kind"] != "request"
        ]

    def _control(self, what: str, **fields: object) -> None:
        self.other_side.client.post(f"/control/{what}", json=fields).raise_for_status()


def counterpart(
    name: str,
    other_side: OtherSide,
    *,
    transport: Transport,
    notify_url: str,
    currency: str,
    is_another: bool = False,
) -> Counterpart:
    """Meet a simulated channel with an account of these tests, or with another one.

    Opening an account makes keys on the other side, which is slow; so it is opened once.
    """
    known = (other_side.url, name, currency)
    if is_another or known not in _OPENED:
        _OPENED[known] = _BUILDERS[name](other_side, currency)
    return Counterpart(
        expected=CHANNELS[name],
        config=replace(_OPENED[known], notify_url=notify_url),
        other_side=other_side,
        transport=transport,
        currency=currency,
    )


_OPENED: dict[tuple[str, str, str], ChannelConfig] = {}
_BUILDERS: dict[str, Callable[[OtherSide, str], ChannelConfig]] = {
    "alipay": alipay.open_account,
    "alipay_certificates": alipay.open_certificates,
    "unionpay": unionpay.open_account,
    "wechatpay": wechatpay.open_account,
    "wechatpay_certificates": wechatpay.open_certificates,
}
