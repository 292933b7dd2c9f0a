"""Every code that WeChat Pay is known to answer, and what each operation makes of it."""

from collections.abc import Callable
from datetime import date

import pytest

from payments.channels.base import OutcomeKind
from tests.payments.channels.wechatpay.adapter_orders import REQUEST as ORDER
from tests.payments.channels.wechatpay.platform import AT
from tests.payments.channels.wechatpay.test_wechatpay_abnormal import REQUEST as ABNORMAL
from tests.payments.channels.wechatpay.test_wechatpay_refunds import REQUEST as REFUND
from tests.payments.channels.wechatpay.test_wechatpay_transfers import REQUEST as TRANSFER

CALLS: dict[str, Callable] = {
    "pay": lambda channel: channel.pay(ORDER),
    "query": lambda channel: channel.query(ORDER.channel_no, at=AT),
    "close": lambda channel: channel.close(ORDER.channel_no, at=AT),
    "refund": lambda channel: channel.refund(REFUND),
    "query_refund": lambda channel: channel.query_refund(
        REFUND.channel_no, pay_channel_no=REFUND.pay_channel_no, at=AT
    ),
    "abnormal": lambda channel: channel.apply_abnormal_refund(ABNORMAL),
    "transfer": lambda channel: channel.transfer(TRANSFER),
    "query_transfer": lambda channel: channel.query_transfer(TRANSFER.channel_no, at=AT),
    "cancel_transfer": lambda channel: channel.cancel_transfer(TRANSFER.channel_no, at=AT),
    "bill": lambda channel: channel.fetch_bill(date(2026, 1, 4), kind="ALL", at=AT),
    "echo": lambda channel: channel.echo(at=AT),
    "certificates": lambda channel: channel.fetch_certificates(at=AT),
}
STATUSES = {
    "SIGN_ERROR": 401,
    "NO_AUTH": 403,
    "NOT_ENOUGH": 403,
    "ACCOUNT_ERROR": 403,
    "RULE_LIMIT": 403,
    "TRADE_ERROR": 403,
    "USER_ACCOUNT_ABNORMAL": 403,
    "ORDER_NOT_EXIST": 404,
    "RESOURCE_NOT_EXISTS": 404,
    "NOT_FOUND": 404,
    "MCH_NOT_EXISTS": 404,
    "FREQUENCY_LIMITED": 429,
    "RATELIMIT_EXCEEDED": 429,
    "SYSTEM_ERROR": 500,
    "BANK_ERROR": 500,
    "PARAM_ERROR": 400,
    "INVALID_REQUEST": 400,
    "APPID_MCHID_NOT_MATCH": 400,
    "ORDERPAID": 400,
    "ORDER_PAID": 400,
    "OUT_TRADE_NO_USED": 400,
    "ORDER_CLOSED": 400,
    "ALREADY_EXISTS": 400,
    "OPENID_MISMATCH": 400,
    "NO_STATEMENT_EXIST": 400,
    "STATEMENT_CREATING": 400,
    "SOME_CODE_OF_NEXT_YEAR": 403,
}
FAILED = {
    "pay": {"APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS", "NO_AUTH", "PARAM_ERROR", "SIGN_ERROR"},
    "refund": {"PARAM_ERROR", "USER_ACCOUNT_ABNORMAL"},
    "abnormal": {"PARAM_ERROR"},
    "echo": {"MCH_NOT_EXISTS", "NO_AUTH", "PARAM_ERROR", "SIGN_ERROR"},
}
"""The only codes after which something has certainly failed; any other leaves it open."""
ASKING = {
    *("query", "close", "query_refund", "query_transfer", "cancel_transfer"),
    *("bill", "certificates"),
}
NOT_FOUND = {"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"}
SPECIAL = {
    ("close", "ORDER_CLOSED"): ("closed", "ORDER_CLOSED"),
    ("bill", "NO_STATEMENT_EXIST"): ("unknown", "NOT_FOUND"),
    ("bill", "STATEMENT_CREATING"): ("processing", "STATEMENT_CREATING"),
}


def expected(operation: str, code: str) -> tuple[OutcomeKind, str]:
    if (operation, code) in SPECIAL:
        kind, said = SPECIAL[operation, code]
        return OutcomeKind(kind), said
    if code in FAILED.get(operation, ()):
        return OutcomeKind.FAILED, code
    if operation in ASKING and code in NOT_FOUND:
        return OutcomeKind.UNKNOWN, "NOT_FOUND"
    # Said of addresses: it must not read as our own word for numbers.
    return OutcomeKind.UNKNOWN, "HTTP_STATUS" if code == "NOT_FOUND" else code


@pytest.mark.parametrize("code", sorted(STATUSES))
@pytest.mark.parametrize("operation", sorted(CALLS))
def test_each_code_means_one_thing_for_each_operation(channel, answers, operation, code):
    # Given
    answers({"code": code, "message": "words"}, status=STATUSES[code])

    # When
    outcome = CALLS[operation](channel)

    # Then
    assert (outcome.kind, outcome.code) == expected(operation, code)


@pytest.mark.parametrize("operation", sorted(FAILED))
@pytest.mark.parametrize("status", [202, 302, 500, 503])
def test_a_code_of_the_list_fails_nothing_beside_a_status_that_is_no_refusal(
    channel, answers, operation, status
):
    # Given
    answers({"code": "PARAM_ERROR", "message": "words"}, status=status)

    # When
    outcome = CALLS[operation](channel)

    # Then
    assert outcome.kind is OutcomeKind.UNKNOWN
