"""Alipay in these tests: what its adapter declares, and how an account there is opened."""

from dataclasses import replace

from payments.channels import base
from payments.channels.base import NOT_FOUND, ChannelConfig, OutcomeKind
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.accounts import OUR_KEY, numbers, private_pem, public_pem
from tests.contracts.expectations import Expectations

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
        "capture": "alipay.trade.pay",
        "query_capture": "alipay.trade.query",
        "void": "alipay.fund.auth.order.unfreeze",
        "query_void": "alipay.fund.auth.operation.detail.query",
        "fetch_bill": "alipay.data.dataservice.bill.downloadurl.query",
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
    refused_notices=("notify_forged", "notify_wrong_app", "notify_escaped"),
    bill="trade",
)
ALIPAY_CERTIFICATES = replace(
    ALIPAY,
    never=frozenset({OutcomeKind.ABNORMAL}),
    calls={
        **ALIPAY.calls,
        "transfer": "alipay.fund.trans.uni.transfer",
        "query_transfer": "alipay.fund.trans.common.query",
    },
)


def open_account(other_side: OtherSide, currency: str) -> ChannelConfig:
    number = next(numbers)
    app_id, seller_id = f"20217000{number:08}", f"20887000{number:08}"
    alipay_key = other_side.register_app(
        app_id=app_id,
        public_key_pem=public_pem(OUR_KEY),
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


def open_certificates(other_side: OtherSide, currency: str) -> ChannelConfig:
    config = open_account(other_side, currency)
    issued = other_side.alipay.register_app(
        app_id=config.app_id,
        public_key_pem=public_pem(OUR_KEY),
        seller_id=config.merchant_no,
        fee_bps=60,
        currency=currency,
        bank_account_no=None,
    )
    other_side.alipay.top_up(app_id=config.app_id, amount_minor=10_000_000, number="1")
    return replace(
        config,
        channel_public_key_pem=issued.alipay_cert_pem,
        key_serial=issued.app_cert_sn,
        root_cert_serial=issued.root_cert_sn,
    )
