"""WeChat Pay in these tests: what its adapter declares, and how an account there is opened."""

from payments.channels import base
from payments.channels.base import ChannelConfig, OutcomeKind
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.accounts import OUR_KEY, numbers, private_pem, public_pem
from tests.contracts.expectations import Expectations

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
    # A transfer that was confirmed stays with its payee.
    never=frozenset({OutcomeKind.RETURNED}),
    acknowledgement=(b"", "application/json"),
    calls={
        "pay": "wechat.native",
        "query": "wechat.query",
        "close": "wechat.close",
        "refund": "wechat.refund",
        "query_refund": "wechat.refund_query",
        "transfer": "wechat.transfer",
        "query_transfer": "wechat.transfer_query",
        "cancel_transfer": "wechat.transfer_cancel",
        "fetch_bill": "wechat.trade_bill",
        "echo": "wechat.echo",
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
    refused_notices=(
        *("notify_forged", "notify_wrong_app", "notify_escaped"),
        *("notify_stale", "notify_signtest"),
    ),
    bill="ALL",
    # A payee confirms it first.
    transfer_ordered=OutcomeKind.AWAITING_PAYER,
)


def open_account(
    other_side: OtherSide, currency: str, *, key_mode: str = "public_key"
) -> ChannelConfig:
    number = next(numbers)
    mchid, appid = f"17{number:08}", f"wx{number:016x}"
    serial_no, api_key = f"{number:040X}", f"{number:032}"
    keys = other_side.register_wechat_merchant(
        mchid=mchid,
        appid=appid,
        serial_no=serial_no,
        public_key_pem=public_pem(OUR_KEY),
        api_v3_key=api_key,
        fee_bps=60,
        key_mode=key_mode,
        bank_account_no=None,
        currency=currency,
    )
    if currency == "CNY":
        top_up = {"mchid": mchid, "number": "1", "amount_minor": 10_000_000}
        other_side.client.post("/control/wechat/transfers/top-ups", json=top_up).raise_for_status()
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


def open_certificates(other_side: OtherSide, currency: str) -> ChannelConfig:
    return open_account(other_side, currency, key_mode="certificate")
