"""What the tests of alipay adapter and their neighbours share."""

from datetime import UTC, datetime

from payments.channels.base import (
    PayRequest,
)

AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)


NO = "pay_01jdexample0000000000000000"


REQUEST = PayRequest(
    channel_no=NO,
    amount_minor=1234,
    currency="CNY",
    subject="Tea",
    method="alipay_qr",
    expires_at=datetime(2026, 1, 5, 3, 0, 59, 999_999, tzinfo=UTC),
    at=AT,
    stamped_at=AT,
)


PAID = {
    "code": "10000",
    "msg": "Success",
    "out_trade_no": NO,
    "trade_no": "2026010522001419931441931972",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.34",
    "send_pay_date": "2026-01-05 10:31:07",
    "buyer_user_id": "2088102146225135",
    "buyer_logon_id": "159****5620",
}
