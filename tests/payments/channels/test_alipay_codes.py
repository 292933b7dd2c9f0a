"""Each code that Alipay is known to answer, and what it means for each thing that we ask.

The table says after which orders a code is a certain failure, and for which questions it is
NOT_FOUND. Everywhere else nobody knows: also after each code that stands in no table.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from payments.channels.base import (
    CaptureRequest,
    Outcome,
    PayRequest,
    RefundRequest,
    TransferRequest,
    VoidRequest,
)

AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)
NO = "pay_01jdexample0000000000000000"
PAY = PayRequest(
    channel_no=NO,
    amount_minor=1234,
    currency="CNY",
    subject="Tea",
    method="alipay_qr",
    expires_at=datetime(2026, 1, 5, 3, 0, 0, tzinfo=UTC),
    at=AT,
    stamped_at=AT,
    payer_account="2088102146225135",
)
REFUND = RefundRequest("ref_1", NO, 234, 1234, "CNY", "", AT)
TRANSFER = TransferRequest("pyo_1", 1234, "CNY", "2088102146225135", "user_id", "", "t", "", AT)
CAPTURE = CaptureRequest("cap_1", NO, "2026010510002000", 1, 1234, "CNY", "Tea", False, AT)
VOID = VoidRequest("voi_1", NO, "2026010510002000", 1, "CNY", AT)

ORDERS = {
    "pay": lambda channel: channel.pay(PAY),
    "pay_mini": lambda channel: channel.pay(replace(PAY, method="alipay_mini")),
    "authorise": lambda channel: channel.pay(replace(PAY, is_authorisation=True)),
    "refund": lambda channel: channel.refund(REFUND),
    "transfer": lambda channel: channel.transfer(TRANSFER),
    "capture": lambda channel: channel.capture(CAPTURE),
    "void": lambda channel: channel.void(VOID),
}
QUESTIONS = {
    "query": lambda channel: channel.query(NO, at=AT),
    "close": lambda channel: channel.close(NO, at=AT),
    "cancel": lambda channel: channel.cancel(NO, at=AT),
    "query_refund": lambda channel: channel.query_refund("ref_1", pay_channel_no=NO, at=AT),
    "query_transfer": lambda channel: channel.query_transfer("pyo_1", at=AT),
    "query_capture": lambda channel: channel.query_capture("cap_1", pay_channel_no=NO, at=AT),
    "query_void": lambda channel: channel.query_void("voi_1", pay_channel_no=NO, at=AT),
    "fetch_bill": lambda channel: channel.fetch_bill(date(2026, 1, 4), kind="trade", at=AT),
}
CALLS = ORDERS | QUESTIONS

EVERY_ORDER = frozenset(ORDERS)
COLLECTING = frozenset({"pay", "pay_mini", "capture"})
FREEZING = frozenset({"authorise", "void"})
NOBODY_KNOWS: frozenset[str] = frozenset()
REFUND_ALONE = frozenset({"refund"})
TRANSFER_ALONE = frozenset({"transfer"})
CAPTURE_ALONE = frozenset({"capture"})
VOID_ALONE = frozenset({"void"})

FAILS = {
    # The gateway turned it away before any system behind it saw it.
    "isv.invalid-signature": EVERY_ORDER,
    "isv.invalid-app-id": EVERY_ORDER,
    "isv.missing-app-cert-sn": EVERY_ORDER,
    # Asked again, or looked up: it may have been done.
    "ACQ.SYSTEM_ERROR": NOBODY_KNOWS,
    "SYSTEM_ERROR": NOBODY_KNOWS,
    "isp.unknow-error": NOBODY_KNOWS,
    "aop.unknow-error": NOBODY_KNOWS,
    "REQUEST_PROCESSING": NOBODY_KNOWS,
    "TRANSFER_ERROR": NOBODY_KNOWS,
    # Another order has the number: a question must tell of that one.
    "ACQ.CONTEXT_INCONSISTENT": NOBODY_KNOWS,
    "ACQ.DISCORDANT_REPEAT_REQUEST": NOBODY_KNOWS,
    "PAYMENT_INFO_INCONSISTENCY": NOBODY_KNOWS,
    "ACQ.TRADE_HAS_SUCCESS": NOBODY_KNOWS,
    "ACQ.TRADE_HAS_CLOSE": NOBODY_KNOWS,
    # Nothing moved, but it is still owed under the same number, once there is money.
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": NOBODY_KNOWS,
    # A family that grows.
    "PERMIT_CHECK_PERM_LIMITED": NOBODY_KNOWS,
    "A_CODE_OF_NEXT_YEAR": NOBODY_KNOWS,
    # The order to pay was refused before there was a trade.
    "ACQ.INVALID_PARAMETER": COLLECTING,
    "ACQ.ACCESS_FORBIDDEN": COLLECTING,
    "ACQ.TOTAL_FEE_EXCEED": COLLECTING,
    # Documented as definite failures of a refund.
    "ACQ.TRADE_NOT_EXIST": REFUND_ALONE,
    "ACQ.TRADE_STATUS_ERROR": REFUND_ALONE,
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": REFUND_ALONE,
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": REFUND_ALONE,
    "ACQ.TRADE_HAS_FINISHED": REFUND_ALONE,
    "ACQ.TRADE_NOT_ALLOW_REFUND": REFUND_ALONE,
    "ACQ.NOT_ALLOW_PARTIAL_REFUND": REFUND_ALONE,
    "ACQ.REASON_TRADE_BEEN_FREEZEN": REFUND_ALONE,
    # Documented as failures of a transfer.
    "PAYER_BALANCE_NOT_ENOUGH": TRANSFER_ALONE,
    "BALANCE_IS_NOT_ENOUGH": TRANSFER_ALONE,
    "PAYEE_NOT_EXIST": TRANSFER_ALONE,
    "PAYEE_USER_INFO_ERROR": TRANSFER_ALONE,
    "PAYEE_ACC_OCUPIED": TRANSFER_ALONE,
    "EXCEED_LIMIT_SM_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_DM_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_MM_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_PERSONAL_SM_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_ENT_SM_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_DM_MAX_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_SM_MIN_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_UNRN_DM_AMOUNT": TRANSFER_ALONE,
    "EXCEED_LIMIT_DC_RECEIVED": TRANSFER_ALONE,
    "PRODUCT_NOT_SIGN": TRANSFER_ALONE,
    "TRANSFER_SCENE_NAME_ILLEGAL": TRANSFER_ALONE,
    "MEMO_REQUIRED_IN_TRANSFER_ERROR": TRANSFER_ALONE,
    "REMARK_HAS_SENSITIVE_WORD": TRANSFER_ALONE,
    "SECURITY_CHECK_FAILED": TRANSFER_ALONE,
    "BLOCK_USER_FORBBIDEN_RECIEVE": TRANSFER_ALONE,
    "BLOCK_USER_FORBBIDEN_SEND": TRANSFER_ALONE,
    "PAYER_CERT_EXPIRED": TRANSFER_ALONE,
    "ORDER_NOT_EXIST": NOBODY_KNOWS,
    # Frozen money.
    "ACQ.AUTH_NO_ERROR": CAPTURE_ALONE,
    "ILLEGAL_ARGUMENT": FREEZING,
    "ACCESS_FORBIDDEN": FREEZING,
    "REQUEST_AMOUNT_EXCEED": VOID_ALONE,
    "ORDER_ALREADY_FINISH": VOID_ALONE,
    "ORDER_ALREADY_CLOSED": VOID_ALONE,
    "OUT_ORDER_NO_CONFLICT": NOBODY_KNOWS,
    "AUTH_ORDER_NOT_EXIST": NOBODY_KNOWS,
    "AUTH_OPERATION_NOT_EXIST": NOBODY_KNOWS,
    # Bills.
    "isp.bill_not_exist": NOBODY_KNOWS,
    "BILL_NOT_EXIST": NOBODY_KNOWS,
    "isv.invalid_arguments": NOBODY_KNOWS,
}
"""After which orders a code is a certain failure; for questions no code ever is."""

NOT_FOUND = {
    # Of a query and a closing the adapter makes sure that it is no authorisation's number.
    "ACQ.TRADE_NOT_EXIST": {"cancel", "query_refund", "query_capture"},
    "ORDER_NOT_EXIST": {"query_transfer"},
    "AUTH_ORDER_NOT_EXIST": {"query_void"},
    "AUTH_OPERATION_NOT_EXIST": {"query_void"},
    "isp.bill_not_exist": {"fetch_bill"},
    "BILL_NOT_EXIST": {"fetch_bill"},
}
"""For which questions a code says that there is nothing under the number."""


def outcome_of(certified, answers, call: str, **node: str) -> Outcome:
    answers(**{"code": "40004", "msg": "Business Failed", **node})
    outcome = CALLS[call](certified)
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("sub_code", FAILS)
def test_each_code_means_one_thing_for_each_call(certified, answers, sub_code, call):
    # When
    outcome = outcome_of(certified, answers, call, sub_code=sub_code)

    # Then
    if call in FAILS[sub_code]:
        assert (outcome.kind, outcome.code) == ("failed", sub_code)
    else:
        is_absent = call in NOT_FOUND.get(sub_code, ())
        assert outcome.kind == "unknown"
        assert outcome.code == ("NOT_FOUND" if is_absent else sub_code)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "code", ["10000", "20000", "20001", "40001", "40002", "40003", "40004", "40006", "10003"]
)
def test_a_code_of_the_gateway_alone_decides_nothing(certified, answers, code, call):
    # When
    outcome = outcome_of(certified, answers, call, code=code)

    # Then: 10003 says of a capture that Alipay works on it, and of nothing else anything.
    is_worked_on = (call, code) == ("capture", "10003")
    assert outcome.kind == ("processing" if is_worked_on else "unknown")


def test_the_table_knows_every_code_that_the_reference_names(shared):
    # Given
    reference = (shared / "reference/channels.md").read_text(encoding="utf-8")
    section = reference.partition("## Alipay OpenAPI v2")[2].partition("## WeChat Pay v3")[0]
    dotted = set(re.findall(r"\b(?:ACQ\.[A-Z_]+|is[vp]\.[a-z-]+|aop\.[a-z-]+)", section))
    line = re.search(r"Transfer sub-codes \(selection\): (.*?)Documented caps", section, re.DOTALL)
    assert line is not None
    plain = set(re.findall(r"(?<![A-Za-z_*])[A-Z]{3,}(?:_[A-Z]+)+(?![A-Za-z_*])", line.group(1)))
    prefixes = {"EXCEED_LIMIT": r"(?<=/)_[A-Z_]+AMOUNT", "BLOCK_USER_FORBBIDEN": r"(?<=/)_SEND"}
    cut = {
        prefix + suffix
        for prefix, pattern in prefixes.items()
        for suffix in re.findall(pattern, line.group(1))
    }

    # Then
    assert len(dotted) > 15
    assert len(plain) == 15
    assert len(cut) == 8
    assert (dotted | plain | cut) - set(FAILS) == set()
