"""What the tests of alipay refunds and their neighbours share."""

from datetime import UTC, datetime

from payments.channels.base import Outcome

AT = datetime(2026, 1, 6, 2, 30, 0, tzinfo=UTC)


NO = "ref_01jdexample0000000000000000"


PAY_NO = "pay_01jdexample0000000000000000"


REFUNDED = {
    "code": "10000",
    "msg": "Success",
    "trade_no": "2026010522001419931441931972",
    "out_trade_no": PAY_NO,
    "out_request_no": NO,
    "total_amount": "12.34",
    "refund_amount": "2.34",
    "refund_status": "REFUND_SUCCESS",
    "gmt_refund_pay": "2026-01-06 10:30:02",
}


REFUNDED_AT = datetime(2026, 1, 6, 2, 30, 2, tzinfo=UTC)


DEFINITE = [
    "ACQ.TRADE_NOT_EXIST",
    "ACQ.TRADE_STATUS_ERROR",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    "ACQ.TRADE_HAS_FINISHED",
    "ACQ.TRADE_NOT_ALLOW_REFUND",
    "ACQ.NOT_ALLOW_PARTIAL_REFUND",
    "ACQ.REASON_TRADE_BEEN_FREEZEN",
]


def ask(channel) -> Outcome:
    return channel.query_refund(NO, pay_channel_no=PAY_NO, at=AT)
