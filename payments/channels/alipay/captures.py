"""Translate between our captures and Alipay's: trades that are paid out of frozen money."""

from collections.abc import Mapping
from typing import Final

from ledger import money
from payments.channels.alipay import authorisations, mapping, orders, trades
from payments.channels.base import CaptureRequest, Outcome, OutcomeKind

CAPTURE_FAILURES: Final = orders.FAILURE_CODES | {
    # The frozen money cannot be taken: the number of the authorisation is wrong, or it is over.
    "ACQ.AUTH_NO_ERROR",
    "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    "ACQ.BUYER_SELLER_EQUAL",
}
"""The closed list of codes after which a capture has certainly failed; see `orders`."""

CAPTURE_MARK: Final = "capture"
"""What a capture's notifications repeat to us, by which they are told from a payment's."""

CAPTURE_METHOD: Final = "alipay.trade.pay"


def capture_refusal(request: CaptureRequest) -> str:
    """Say which rule of the channel a capture breaks, or nothing if it may be sent."""
    if request.amount_minor > request.authorised_minor:
        return "More would be taken than was authorised."
    return authorisations.numbers_refusal(request)


def capture_content(request: CaptureRequest, *, merchant_no: str) -> dict[str, object]:
    """Give the `biz_content` of a trade that is paid out of frozen money.

    With the last one Alipay frees what is left; before it nothing is freed.
    """
    content: dict[str, object] = {
        "out_trade_no": request.channel_no,
        "total_amount": money.to_decimal_text(request.amount_minor, request.currency),
        "subject": orders.subject(request.subject) or request.channel_no,
        "product_code": authorisations.PRODUCT,
        "auth_no": request.pay_channel_ref,
        "auth_confirm_mode": "COMPLETE" if request.is_final else "NOT_COMPLETE",
        "seller_id": merchant_no,
        "passback_params": CAPTURE_MARK,
    }
    return authorisations.with_currency(content, request.currency)


def capture_outcome(node: Mapping[str, str], *, request: CaptureRequest, raw: str) -> Outcome:
    """Read the verified answer to a capture.

    10003 means that Alipay works on it, 20000 that nobody knows. Success is believed with the
    amount and the time only, else a question must tell.
    """
    code, message = mapping.code_and_message(node)
    if node.get("code") == "10003":
        return Outcome(OutcomeKind.PROCESSING, code=code, message=message, raw=raw)
    if node.get("code") != mapping.OK_CODE:
        return mapping.refused(node, failures=CAPTURE_FAILURES, raw=raw)
    paid = {**node, "trade_status": "TRADE_SUCCESS", "send_pay_date": node.get("gmt_payment", "")}
    return trades.query_outcome(paid, channel_no=request.channel_no, raw=raw)


def capture_query_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a question about a capture's trade.

    No payer can pay it by themselves: while it waits Alipay works on it, and closed unpaid it
    has failed for good.
    """
    outcome = trades.query_outcome(node, channel_no=channel_no, raw=raw)
    kinds = {
        OutcomeKind.AWAITING_PAYER: OutcomeKind.PROCESSING,
        OutcomeKind.CLOSED: OutcomeKind.FAILED,
    }
    if outcome.kind not in kinds:
        return outcome
    return Outcome(
        kinds[outcome.kind],
        code=outcome.code,
        message=outcome.message,
        channel_ref=outcome.channel_ref,
        raw=raw,
    )
