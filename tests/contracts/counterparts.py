"""Each channel's counterpart in the simulator, and what its adapter is expected to do."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.channels import base
from payments.channels.base import (
    NOT_FOUND,
    Channel,
    ChannelConfig,
    OutcomeKind,
    PayRequest,
    RefundRequest,
    TransferRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from settlements.rehearsal.other_side import OtherSide
from tests.instants import NOON

_numbers = itertools.count(1)
# One key for all accounts: making one is slow, and nothing depends on which it is.
OUR_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)

Told = tuple[OutcomeKind, str]
"""The kind of an outcome, and its code."""


@dataclass(frozen=True)
class Expectations:
    """What a channel's adapter declares, and the suite holds it to.

    `unopened` is what a query says of an order that no payer has opened, `unopened_closed` what
    a close says of it; `unknown_key` what an order says that another key signed.
    `fully_refunded` is what a query says of an order whose money went back, `refund_failed` and
    `refund_refused` what is said of refunds that fail later, and at once for want of money.
    `is_prepay`: an order moves no money until the payer acts, so it may be sent again at once.
    `never` are the kinds of outcome that this channel cannot give.
    `paid_effects` is what the channel does for an order that is paid, and `faults` what the
    adapter says when the channel fails so. `forgery` changes a genuine notification;
    `refused_notices` are the ways in which the channel sends some that nobody may believe.
    `calls` are the simulator's names of our questions; it knows the account by `owner`.
    """

    channel: str
    side: str
    owner: str
    methods: tuple[str, ...]
    currencies: tuple[str, ...]
    unopened: Told
    unopened_closed: Told
    unknown_key: Told
    fully_refunded: Told
    refund_failed: Told
    refund_refused: Told
    is_prepay: bool
    never: frozenset[OutcomeKind]
    acknowledgement: tuple[bytes, str]
    calls: Mapping[str, str]
    faults: Mapping[str, str]
    paid_effects: tuple[str, ...]
    forgery: tuple[bytes, bytes]
    refused_notices: tuple[str, ...]


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

    def with_config(self, **changes: str) -> Channel:
        """Give the adapter of an account that is configured otherwise."""
        return channel_for(replace(self.config, **changes), self.transport)

    def order(self, **changes: object) -> PayRequest:
        """Write an order of 100.00 at noon with a number of its own."""
        wanted = PayRequest(
            channel_no=f"ATT_{next(_numbers):026}",
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
        wanted = RefundRequest(
            channel_no=f"RFD_{next(_numbers):026}",
            pay_channel_no=order.channel_no,
            amount_minor=4_000,
            total_minor=order.amount_minor,
            currency=order.currency,
            reason="a cup was broken",
            stamped_at=NOON,
        )
        return replace(wanted, **changes)

    def transfer(self, **changes: object) -> TransferRequest:
        """Write a transfer of 25.00 to somebody whom the channel knows."""
        self.other_side.alipay.open_payee(
            user_id="2088000000000099", logon_id="cups@example.com", real_name="李杯"
        )
        wanted = TransferRequest(
            channel_no=f"PYT_{next(_numbers):026}",
            amount_minor=2_500,
            currency=self.currency,
            account="cups@example.com",
            account_type="logon_id",
            holder_name="李杯",
            title="Settlement",
            remark="货款",
            stamped_at=NOON,
        )
        return replace(wanted, **changes)

    def open_code(self, order: PayRequest) -> None:
        """Be the payer: scan, and do not pay."""
        self._control("scan", app_id=self.config.app_id, out_trade_no=order.channel_no)

    def pay(self, order: PayRequest, *, at: datetime) -> None:
        """Be the payer: pay."""
        self.other_side.pay(app_id=self.config.app_id, out_trade_no=order.channel_no, at=at)

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

    def effects(self, request: PayRequest | RefundRequest) -> list[str]:
        """List what the channel did under an order's or a refund's number, requests left out."""
        found, after = [], 0
        while page := self.other_side.client.get(f"/control/effects?after={after}").json():
            if not page["effects"]:
                return found
            after = page["next"]
            found += [
                effect["kind"]
                for effect in page["effects"]
                if effect["number"] == request.channel_no and effect["kind"] != "request"
            ]
        return found

    def _control(self, what: str, **fields: object) -> None:
        self.other_side.client.post(f"/control/{what}", json=fields).raise_for_status()


ALIPAY = Expectations(
    channel="alipay",
    side="alipay",
    owner="app_id",
    methods=("alipay_qr",),
    currencies=("CNY", "BRL"),
    unopened=(OutcomeKind.UNKNOWN, NOT_FOUND),
    unopened_closed=(OutcomeKind.UNKNOWN, NOT_FOUND),
    unknown_key=(OutcomeKind.FAILED, "isv.invalid-signature"),
    # Alipay says "closed" of it, as of one that nobody paid.
    fully_refunded=(OutcomeKind.UNKNOWN, base.CLOSED_AFTER_PAYMENT),
    # It does not tell a refund that failed from one that it never heard of.
    refund_failed=(OutcomeKind.UNKNOWN, NOT_FOUND),
    refund_refused=(OutcomeKind.UNKNOWN, "ACQ.SELLER_BALANCE_NOT_ENOUGH"),
    is_prepay=True,
    # Refunds go back the way they came; transfers need certificate mode.
    never=frozenset({OutcomeKind.ABNORMAL, OutcomeKind.RETURNED}),
    acknowledgement=(b"success", "text/plain"),
    calls={
        "pay": "alipay.trade.precreate",
        "query": "alipay.trade.query",
        "close": "alipay.trade.close",
        "refund": "alipay.trade.refund",
        "query_refund": "alipay.trade.fastpay.refund.query",
    },
    faults={
        "timeout_before": base.NO_ANSWER,
        "timeout_after_commit": base.NO_ANSWER,
        "http_500": base.HTTP_STATUS,
        "bad_signature": base.BAD_SIGNATURE,
        "truncated_json": base.UNREADABLE_ANSWER,
        "system_error": "ACQ.SYSTEM_ERROR",
    },
    paid_effects=("order_accepted", "scanned", "paid", "notified"),
    forgery=(b"total_amount=100.00", b"total_amount=100.01"),
    refused_notices=("notify_forged", "notify_wrong_app"),
)
ALIPAY_CERTIFICATES = replace(ALIPAY, never=frozenset({OutcomeKind.ABNORMAL}))
WECHATPAY = Expectations(
    channel="wechatpay",
    side="wechat",
    owner="merchant_no",
    methods=("wechat_native",),
    currencies=("CNY", "BRL"),
    unopened=(OutcomeKind.AWAITING_PAYER, "NOTPAY"),
    unopened_closed=(OutcomeKind.CLOSED, "CLOSED"),
    unknown_key=(OutcomeKind.FAILED, "SIGN_ERROR"),
    fully_refunded=(OutcomeKind.SUCCEEDED, "REFUND"),
    refund_failed=(OutcomeKind.FAILED, "CLOSED"),
    refund_refused=(OutcomeKind.UNKNOWN, "NOT_ENOUGH"),
    is_prepay=True,
    # Transfers of WeChat Pay are not spoken yet.
    never=frozenset({OutcomeKind.RETURNED}),
    acknowledgement=(b"", "application/json"),
    calls={
        "pay": "wechat.native",
        "query": "wechat.query",
        "close": "wechat.close",
        "refund": "wechat.refund",
        "query_refund": "wechat.refund_query",
    },
    faults={
        "timeout_before": base.NO_ANSWER,
        "timeout_after_commit": base.NO_ANSWER,
        "http_500": base.HTTP_STATUS,
        "bad_signature": base.BAD_SIGNATURE,
        # What is cut is not what was signed.
        "truncated_json": base.BAD_SIGNATURE,
        "unsigned_answer": base.BAD_SIGNATURE,
        "stale_answer": base.BAD_SIGNATURE,
        "system_error": "SYSTEM_ERROR",
        "frequency_limited": "FREQUENCY_LIMITED",
    },
    # Nobody hears of a scan: the order is there at once.
    paid_effects=("order_accepted", "paid", "notified"),
    forgery=(b"TRANSACTION.SUCCESS", b"REFUND.SUCCESS"),
    refused_notices=("notify_forged", "notify_wrong_app", "notify_stale", "notify_signtest"),
)
CHANNELS = {
    "alipay": ALIPAY,
    "alipay_certificates": ALIPAY_CERTIFICATES,
    "wechatpay": WECHATPAY,
    "wechatpay_certificates": WECHATPAY,
}
"""Each way of meeting a channel, and what is expected of its adapter then."""


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


def _alipay(other_side: OtherSide, currency: str) -> ChannelConfig:
    number = next(_numbers)
    app_id, seller_id = f"20217000{number:08}", f"20887000{number:08}"
    alipay_key = other_side.register_app(
        app_id=app_id,
        public_key_pem=_public_pem(OUR_KEY),
        seller_id=seller_id,
        fee_bps=60,
        currency=currency,
        bank_account_no=None,
    )
    return ChannelConfig(
        account_id="chn_1",
        channel="alipay",
        gateway_url=f"{other_side.url}/gateway.do",
        app_id=app_id,
        merchant_no=seller_id,
        private_key_pem=private_pem(OUR_KEY),
        channel_public_key_pem=alipay_key,
        notify_url="",
    )


def _alipay_certificates(other_side: OtherSide, currency: str) -> ChannelConfig:
    config = _alipay(other_side, currency)
    issued = other_side.alipay.register_app(
        app_id=config.app_id,
        public_key_pem=_public_pem(OUR_KEY),
        seller_id=config.merchant_no,
        fee_bps=60,
        currency=currency,
        bank_account_no=None,
    )
    other_side.alipay.top_up(app_id=config.app_id, amount_minor=100_000, number="1")
    return replace(
        config,
        channel_public_key_pem=issued.alipay_cert_pem,
        key_serial=issued.app_cert_sn,
        root_cert_serial=issued.root_cert_sn,
    )


def _wechatpay(
    other_side: OtherSide, currency: str, *, key_mode: str = "public_key"
) -> ChannelConfig:
    number = next(_numbers)
    mchid, appid = f"17{number:08}", f"wx{number:016x}"
    serial_no, api_key = f"{number:040X}", f"{number:032}"
    keys = other_side.register_wechat_merchant(
        mchid=mchid,
        appid=appid,
        serial_no=serial_no,
        public_key_pem=_public_pem(OUR_KEY),
        api_v3_key=api_key,
        fee_bps=60,
        key_mode=key_mode,
        bank_account_no=None,
        currency=currency,
    )
    return ChannelConfig(
        account_id="chn_1",
        channel="wechatpay",
        gateway_url=other_side.url,
        app_id=appid,
        merchant_no=mchid,
        private_key_pem=private_pem(OUR_KEY),
        channel_public_key_pem=keys.platform_public_key_pem + keys.platform_certificates_pem,
        notify_url="",
        key_serial=serial_no,
        channel_key_id=keys.platform_key_id,
        api_key=api_key,
    )


def _wechatpay_certificates(other_side: OtherSide, currency: str) -> ChannelConfig:
    return _wechatpay(other_side, currency, key_mode="certificate")


_BUILDERS: dict[str, Callable[[OtherSide, str], ChannelConfig]] = {
    "alipay": _alipay,
    "alipay_certificates": _alipay_certificates,
    "wechatpay": _wechatpay,
    "wechatpay_certificates": _wechatpay_certificates,
}


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """Write a private key as it is configured."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
