"""UnionPay in these tests: what its adapter declares, and how an account there is opened."""

from payments.channels import base
from payments.channels.base import NOT_FOUND, ChannelConfig, OutcomeKind
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.accounts import OUR_KEY, numbers, private_pem, public_pem
from tests.contracts.expectations import Expectations

UNIONPAY = Expectations(
    channel="unionpay",
    side="unionpay",
    owner="merchant_no",
    methods=("card_page", "card_wap"),
    currencies=("CNY",),
    # It hears of an order when the payer's browser comes with the form.
    unopened=(OutcomeKind.UNKNOWN, NOT_FOUND),
    unopened_closed=(OutcomeKind.UNKNOWN, NOT_FOUND),
    unknown_key=(OutcomeKind.FAILED, "11"),
    fully_refunded=(OutcomeKind.SUCCEEDED, "00"),
    refund_failed=(OutcomeKind.FAILED, "60"),
    refund_refused=(OutcomeKind.UNKNOWN, "64"),
    is_prepay=True,
    # Cards take refunds the way they were paid, and no money of ours is sent to them.
    never=frozenset({OutcomeKind.ABNORMAL, OutcomeKind.RETURNED}),
    acknowledgement=(b"ok", "text/plain"),
    # To pay is no call of ours, and neither is to close.
    calls={
        "query": "unionpay.query",
        "refund": "unionpay.refund",
        "query_refund": "unionpay.query",
        "capture": "unionpay.capture",
        "query_capture": "unionpay.query",
        "void": "unionpay.void",
        "query_void": "unionpay.query",
        "fetch_bill": "unionpay.file",
    },
    faults={
        "timeout_before": base.NO_ANSWER,
        "timeout_after_commit": base.NO_ANSWER,
        "http_500": base.HTTP_STATUS,
        "bad_signature": base.BAD_SIGNATURE,
        # What is cut is not what was signed.
        "truncated_json": base.BAD_SIGNATURE,
        "system_error": "99",
    },
    paid_effects=("order_accepted", "paid", "notified"),
    forgery=(b"txnAmt=10000", b"txnAmt=10001"),
    refused_notices=("notify_forged", "notify_wrong_app", "notify_escaped"),
    is_form=True,
    closes=False,
    # It takes a refund, and a question tells that it is done.
    refund_ordered=OutcomeKind.PROCESSING,
    # The number is used: a question tells what became of it.
    refund_repeated=(OutcomeKind.UNKNOWN,),
    refund_failure="60",
    bill="00",
)


def open_account(other_side: OtherSide, _currency: str) -> ChannelConfig:
    number = next(numbers)
    mer_id, cert_id = f"7772900{number:08}", f"{68_759_000_000 + number}"
    authorities = other_side.register_unionpay_merchant(
        mer_id=mer_id,
        cert_id=cert_id,
        public_key_pem=public_pem(OUR_KEY),
        fee_bps=60,
        bank_account_no=None,
    )
    return ChannelConfig(
        account_id="chn_1",
        channel="unionpay",
        gateway_url=f"{other_side.url}/unionpay/gateway/api",
        app_id="",
        merchant_no=mer_id,
        private_key_pem=private_pem(OUR_KEY),
        channel_public_key_pem=authorities,
        notify_url="",
        key_serial=cert_id,
    )
