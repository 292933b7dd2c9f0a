"""What the tests of wechatpay notifications and their neighbours share."""

import pytest

from tests.payments.channels.wechatpay.platform import (
    AT,
    Platform,
)

PAID = {
    "mchid": "1230000109",
    "appid": "wxd678efh567hg6787",
    "out_trade_no": "ATT_01jdexample00000000000000",
    "transaction_id": "4200001000202601050000000001",
    "trade_type": "NATIVE",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "success_time": "2026-01-05T10:29:59+08:00",
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 1234, "payer_total": 1234, "currency": "CNY", "payer_currency": "CNY"},
}


REFUNDED = {
    "mchid": "1230000109",
    "out_trade_no": "ATT_01jdexample00000000000000",
    "transaction_id": "4200001000202601050000000001",
    "out_refund_no": "RFD_01jdexample00000000000000",
    "refund_id": "50000000382019052709732678859",
    "refund_status": "SUCCESS",
    "success_time": "2026-01-05T10:29:59+08:00",
    "user_received_account": "招商银行信用卡0403",
    "amount": {"total": 1234, "refund": 500, "payer_total": 1234, "payer_refund": 500},
}


@pytest.fixture
def verified(channel, platform):
    """Return a function that signs a message as WeChat Pay and has it verified."""

    def verify(body: bytes, *, by: Platform = platform, at=AT, **changes: str):
        return channel.verify_notification(headers=by.headers(body, **changes), body=body, at=at)

    return verify
