"""Orders to WeChat Pay that the tests of its adapter share."""

from datetime import UTC, datetime

from payments.channels.base import (
    PayRequest,
)
from tests.payments.channels.wechatpay.platform import AT

NO = "ATT_01jdexample0000000000000000"[:30]


REQUEST = PayRequest(
    channel_no=NO,
    amount_minor=1234,
    currency="CNY",
    subject="Tea 茶",
    method="wechat_native",
    expires_at=datetime(2026, 1, 5, 3, 0, 59, 999_999, tzinfo=UTC),
    at=AT,
    stamped_at=AT,
)


ORDER = {
    "appid": "wxd678efh567hg6787",
    "mchid": "1230000109",
    "out_trade_no": NO,
    "trade_state": "NOTPAY",
    "trade_state_desc": "订单未支付",
}


PAID = {
    **ORDER,
    "transaction_id": "4200001000202601050000000001",
    "trade_type": "NATIVE",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "bank_type": "CMC",
    "success_time": "2026-01-05T10:31:07+08:00",
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 1234, "payer_total": 1200, "currency": "CNY", "payer_currency": "CNY"},
}
