"""Write what a payer's device hands to WeChat: fields that open the payment, signed by us.

Four lines are signed, each with a line feed at its end. The page, or the mini program, writes the
prepaid order as `prepay_id=…` and spells its names one way; apps sign the bare id and spell theirs
in lower case.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payments.channels.base import PayerAction, PayerActionKind
from payments.channels.wechatpay import signing

_APP_PACKAGE = "Sign=WXPay"


@dataclass(frozen=True, slots=True)
class Prepaid:
    """An order that is open, and with what its fields are signed once more."""

    app_id: str
    timestamp_seconds: int
    nonce: str
    prepay_id: str

    def page_text(self) -> bytes:
        """Give the bytes that sign the fields of a page or a mini program."""
        return self._text(f"prepay_id={self.prepay_id}")

    def app_text(self) -> bytes:
        """Give the bytes that sign the fields of an app."""
        return self._text(self.prepay_id)

    def _text(self, order: str) -> bytes:
        lines = (self.app_id, str(self.timestamp_seconds), self.nonce, order)
        return "".join(f"{line}\n" for line in lines).encode()


def page_action(prepaid: Prepaid, *, key: RSAPrivateKey) -> PayerAction:
    """Give the six fields that a page inside WeChat, or a mini program, hands over."""
    fields = {
        "appId": prepaid.app_id,
        "timeStamp": str(prepaid.timestamp_seconds),
        "nonceStr": prepaid.nonce,
        "package": f"prepay_id={prepaid.prepay_id}",
        "signType": "RSA",
        "paySign": signing.sign(prepaid.page_text(), key),
    }
    return PayerAction(PayerActionKind.INVOKE, fields=fields)


def app_action(prepaid: Prepaid, *, merchant_no: str, key: RSAPrivateKey) -> PayerAction:
    """Give the seven fields that an app hands to WeChat."""
    fields = {
        "appid": prepaid.app_id,
        "partnerid": merchant_no,
        "prepayid": prepaid.prepay_id,
        "package": _APP_PACKAGE,
        "noncestr": prepaid.nonce,
        "timestamp": str(prepaid.timestamp_seconds),
        "sign": signing.sign(prepaid.app_text(), key),
    }
    return PayerAction(PayerActionKind.INVOKE, fields=fields)
