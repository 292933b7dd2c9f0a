"""What the tests of alipay notifications and their neighbours share."""

import base64
from collections.abc import Mapping
from urllib.parse import quote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

FIELDS = {
    "notify_time": "2026-01-05 10:31:08",
    "notify_type": "trade_status_sync",
    "notify_id": "2026010500222103108031931000000001",
    "charset": "utf-8",
    "version": "1.0",
    "app_id": "2021000000000001",
    "auth_app_id": "2021000000000001",
    "trade_no": "2026010522001419931441931972",
    "out_trade_no": "pay_01jdexample0000000000000000",
    "seller_id": "2088000000000001",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.34",
    "subject": "茶 & 咖啡 + 1=1 100%",
    "fund_bill_list": '[{"amount":"12.34","fundChannel":"ALIPAYACCOUNT"}]',
    "passback_params": "a%3Db",
}


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.fixture
def written(alipay_keys):
    """Return a function that writes a notification and signs it as Alipay does."""

    def write(
        fields: Mapping[str, str],
        *,
        charset: str = "utf-8",
        signs_sign_type: bool = False,
        sign_type: str | None = "RSA2",
        key=alipay_keys.private,
    ) -> bytes:
        pairs = {name: value.encode(charset) for name, value in fields.items()}
        signed = dict(pairs)
        if signs_sign_type:
            signed["sign_type"] = sign_type.encode()
        text = b"&".join(name.encode() + b"=" + signed[name] for name in sorted(signed))
        pairs["sign"] = base64.b64encode(key.sign(text, PKCS1v15(), SHA256()))
        if sign_type is not None:
            pairs["sign_type"] = sign_type.encode()
        return "&".join(f"{name}={quote_plus(value)}" for name, value in pairs.items()).encode()

    return write
