"""Write what a payer's device hands to WeChat: fields that open the payment, signed by us.

Four lines are signed, each with a line feed at its end. The page, or the mini program, writes the
prepaid order as `prepay_id=…` and spells its names one way; apps sign the bare id and spell theirs
in lower case.
"""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payments.channels.base import PayerAction, PayerActionKind
from payments.channels.wechatpay import signing

_APP_PACKAGE = "Sign=WXPay"


def page_text(*, app_id: str, timestamp_seconds: int, nonce: str, prepay_id: str) -> bytes:
    """Give the bytes that sign the fields of a page or a mini program."""
    return f"{app_id}\n{timestamp_seconds}\n{nonce}\nprepay_id={prepay_id}\n".encode()


def app_text(*, app_id: str, timestamp_seconds: int, nonce: str, prepay_id: str) -> bytes:
    """Give the bytes that sign the fields of an app."""
    return f"{app_id}\n{timestamp_seconds}\n{nonce}\n{prepay_id}\n".encode()


def page_action(
    *, app_id: str, prepay_id: str, timestamp_seconds: int, nonce: str, key: RSAPrivateKey
) -> PayerAction:
    """Give the six fields that a page inside WeChat, or a mini program, hands over."""
    text = page_text(
        app_id=app_id, timestamp_seconds=timestamp_seconds, nonce=nonce, prepay_id=prepay_id
    )
    fields = {
        "appId": app_id,
        "timeStamp": str(timestamp_seconds),
        "nonceStr": nonce,
        "package": f"prepay_id={prepay_id}",
        "signType": "RSA",
        "paySign": signing.sign(text, key),
    }
    return PayerAction(PayerActionKind.INVOKE, fields=fields)


def app_action(
    *,
    app_id: str,
    merchant_no: str,
    prepay_id: str,
    timestamp_seconds: int,
    nonce: str,
    key: RSAPrivateKey,
) -> PayerAction:
    """Give the seven fields that an app hands to WeChat."""
    text = app_text(
        app_id=app_id, timestamp_seconds=timestamp_seconds, nonce=nonce, prepay_id=prepay_id
    )
    fields = {
        "appid": app_id,
        "partnerid": merchant_no,
        "prepayid": prepay_id,
        "package": _APP_PACKAGE,
        "noncestr": nonce,
        "timestamp": str(timestamp_seconds),
        "sign": signing.sign(text, key),
    }
    return PayerAction(PayerActionKind.INVOKE, fields=fields)
