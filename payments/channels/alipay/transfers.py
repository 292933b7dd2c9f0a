"""Translate between our payouts and Alipay's transfers to its own accounts.

Alipay's `out_biz_no` is our number. Transfers need certificate mode; `adapter` sees to that. Bank
cards (`TRANS_BANKCARD_NO_PWD`) are not paid through Alipay: a question names the product beside the
number, so that we would have to know of which it was; what goes to a bank leaves by payment file.
"""

from collections.abc import Mapping
from typing import Final

from ledger import money
from ledger.errors import AmountError, UnknownCurrencyError
from payments.channels import base
from payments.channels.alipay import mapping
from payments.channels.base import Outcome, OutcomeKind, TransferRequest

TRANSFER_METHOD: Final = "alipay.fund.trans.uni.transfer"
QUERY_METHOD: Final = "alipay.fund.trans.common.query"

NOT_FOUND_CODES: Final = frozenset({"ORDER_NOT_EXIST"})
"""The channel knows no transfer under the number."""

FAILURE_CODES: Final = mapping.GATEWAY_REFUSALS | {
    "BALANCE_IS_NOT_ENOUGH",
    "BLOCK_USER_FORBBIDEN_RECIEVE",
    "BLOCK_USER_FORBBIDEN_SEND",
    "EXCEED_LIMIT_DC_RECEIVED",
    "EXCEED_LIMIT_DM_AMOUNT",
    "EXCEED_LIMIT_DM_MAX_AMOUNT",
    "EXCEED_LIMIT_ENT_SM_AMOUNT",
    "EXCEED_LIMIT_MM_AMOUNT",
    "EXCEED_LIMIT_PERSONAL_SM_AMOUNT",
    "EXCEED_LIMIT_SM_AMOUNT",
    "EXCEED_LIMIT_SM_MIN_AMOUNT",
    "EXCEED_LIMIT_UNRN_DM_AMOUNT",
    "MEMO_REQUIRED_IN_TRANSFER_ERROR",
    "PAYEE_ACC_OCUPIED",
    "PAYEE_NOT_EXIST",
    "PAYEE_USER_INFO_ERROR",
    "PAYER_BALANCE_NOT_ENOUGH",
    "PAYER_CERT_EXPIRED",
    "PRODUCT_NOT_SIGN",
    "REMARK_HAS_SENSITIVE_WORD",
    "SECURITY_CHECK_FAILED",
    "TRANSFER_SCENE_NAME_ILLEGAL",
}
"""The closed list of codes after which a transfer has certainly failed.

Left out on purpose: SYSTEM_ERROR, REQUEST_PROCESSING and TRANSFER_ERROR, after which it may have
been made; PAYMENT_INFO_INCONSISTENCY, since another transfer has the number; and PERMIT_*, a
family of codes that grows. A query must tell.
"""

IDENTITY_TYPES: Final = {
    "logon_id": "ALIPAY_LOGON_ID",
    "user_id": "ALIPAY_USER_ID",
    "open_id": "ALIPAY_OPEN_ID",
}
"""Our kinds of names of an account at Alipay, and its own."""

_PRODUCT: Final = {"product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
_TITLE_LENGTH_MAX: Final = 128
_REMARK_LENGTH_MAX: Final = 200
_IDENTITY_LENGTH_MAX: Final = 64
_NAME_LENGTH_MAX: Final = 128
_SCENE_LENGTH_MAX: Final = 64
_REPORT_LENGTH_MAX: Final = 128
_ASKED_KINDS: Final = {
    "SUCCESS": OutcomeKind.SUCCEEDED,
    "DEALING": OutcomeKind.PROCESSING,
    "WAIT_PAY": OutcomeKind.PROCESSING,
    "FAIL": OutcomeKind.FAILED,
    # A transfer that nobody carried out in time; no money has moved.
    "CLOSED": OutcomeKind.FAILED,
    "REFUND": OutcomeKind.RETURNED,
}


def refusal(request: TransferRequest) -> str:
    """Say which rule of the channel a transfer breaks, or nothing if it may be sent.

    Whom the money goes to is never cut or cleaned here: it is sent exactly, or not at all.
    """
    if request.account_type not in IDENTITY_TYPES:
        return f"Alipay has no account of type {request.account_type!r}."
    if not _is_plain(request.account, length_max=_IDENTITY_LENGTH_MAX):
        return "The account is missing, too long or not plain text."
    if request.account_type == "logon_id" and not request.holder_name:
        return "An account named by its login needs the name of its holder."
    if request.holder_name and not _is_plain(request.holder_name, length_max=_NAME_LENGTH_MAX):
        return "The holder's name is too long or not plain text."
    if _scene_refusal(request):
        return _scene_refusal(request)
    return mapping.number_refusal(request.channel_no) or mapping.amount_refusal(
        request.amount_minor, request.currency
    )


def _scene_refusal(request: TransferRequest) -> str:
    """Say what is wrong with why the money is sent; what was reported is never cut or cleaned."""
    if request.scene and not _is_plain(request.scene, length_max=_SCENE_LENGTH_MAX):
        return "The scene is too long or not plain text."
    if request.scene_reports and not request.scene:
        return "There are reports of a scene, and no scene."
    words = [word for report in request.scene_reports for word in report]
    if not all(_is_plain(word, length_max=_REPORT_LENGTH_MAX) for word in words):
        return "What the scene asks is not all answered, too long or not plain text."
    return ""


def transfer_content(request: TransferRequest) -> dict[str, object]:
    """Give the `biz_content` of a transfer; another currency than CNY is named, as it is paid."""
    payee = {
        "identity": request.account,
        "identity_type": IDENTITY_TYPES[request.account_type],
    }
    if request.holder_name:
        payee["name"] = request.holder_name
    content: dict[str, object] = {
        "out_biz_no": request.channel_no,
        "trans_amount": money.to_decimal_text(request.amount_minor, request.currency),
        **_PRODUCT,
        "order_title": base.kept_text(request.title, length_max=_TITLE_LENGTH_MAX)
        or request.channel_no,
        "payee_info": payee,
    }
    remark = base.kept_text(request.remark, length_max=_REMARK_LENGTH_MAX)
    if remark:
        content["remark"] = remark
    if request.scene:
        content["transfer_scene_name"] = request.scene
    if request.scene_reports:
        content["transfer_scene_report_infos"] = [
            {"info_type": question, "info_content": answer}
            for question, answer in request.scene_reports
        ]
    if request.currency != "CNY":
        content["trans_currency"] = request.currency
    return content


def query_content(channel_no: str) -> dict[str, object]:
    """Give the `biz_content` of a question."""
    return {"out_biz_no": channel_no, **_PRODUCT}


def transfer_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a transfer.

    It never says what was charged, nor the amount, and the books need both: so even a transfer
    that succeeded is `processing` until it was asked about. "It failed" is believed with a code
    of the closed list, else asked about too.
    """
    if node.get("code") != mapping.OK_CODE:
        return mapping.refused(node, failures=FAILURE_CODES, raw=raw)
    code, message = mapping.code_and_message(node)
    if node.get("out_biz_no") != channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)

    status, message = _status_and_message(node)
    code = base.kept_text(node.get("error_code", ""))
    if status == "FAIL" and code in FAILURE_CODES:
        kind = OutcomeKind.FAILED
    elif status in ("SUCCESS", "DEALING", "WAIT_PAY"):
        kind, code = OutcomeKind.PROCESSING, status
    else:
        kind, code = OutcomeKind.UNKNOWN, code or status or base.UNREADABLE_ANSWER
    return Outcome(kind, code=code, message=message, channel_ref=_channel_ref(node), raw=raw)


def query_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a question about a transfer.

    `paid_at` is when the channel paid, also of a transfer that came back since.
    """
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=NOT_FOUND_CODES, raw=raw)
    if node.get("out_biz_no") != channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)

    status, message = _status_and_message(node)
    kind = _ASKED_KINDS.get(status, OutcomeKind.UNKNOWN)
    code = "" if kind is OutcomeKind.SUCCEEDED else base.kept_text(node.get("error_code", ""))
    try:
        currency, amount_minor = mapping.amount(
            node, "trans_amount", currency_name="trans_currency"
        )
        _currency, fee_minor = mapping.amount(node, "order_fee", currency_name="trans_currency")
        paid_at = mapping.instant(node.get("pay_date", ""))
    except (AmountError, UnknownCurrencyError, ValueError):
        return mapping.unknown(base.UNREADABLE_ANSWER, "An amount or the time is garbled.", raw)
    if kind is OutcomeKind.SUCCEEDED and paid_at is None:
        return mapping.unknown(base.UNREADABLE_ANSWER, "Transferred, but without a time.", raw)
    return Outcome(
        kind,
        code=code or status or base.UNREADABLE_ANSWER,
        message=message,
        channel_ref=_channel_ref(node),
        amount_minor=amount_minor,
        currency="" if amount_minor is None else currency,
        paid_at=paid_at,
        fee_minor=fee_minor,
        raw=raw,
    )


def _status_and_message(node: Mapping[str, str]) -> tuple[str, str]:
    """Give where a transfer stands, and why if it failed."""
    reason = base.kept_text(node.get("fail_reason", ""), length_max=base.WORDS_LENGTH_MAX)
    _code, message = mapping.code_and_message(node)
    return base.kept_text(node.get("status", "")), reason or message


def _channel_ref(node: Mapping[str, str]) -> str:
    """Give Alipay's own number of a transfer."""
    return base.kept_text(node.get("order_id", ""))


def _is_plain(text: str, *, length_max: int) -> bool:
    """Tell whether a text can be sent exactly as it is."""
    return bool(text) and base.kept_text(text, length_max=length_max) == text
