"""Deliver a refund that the payer's account did not take in another way.

It stays the same refund under the same number: a question about it tells how it went.
"""

import re
from typing import Final

from payments.channels.base import AbnormalRefundRequest, AbnormalRefundWay, Outcome
from payments.channels.wechatpay import refunds, secrecy
from payments.channels.wechatpay.platform_keys import PlatformKey
from payments.channels.wechatpay.replies import Reply

FAILURE_CODES: Final = frozenset({"PARAM_ERROR"})
"""The closed list of codes after which a refund is certainly as abnormal as before.

Said of the application as we write it, which is the same each time. Left out on purpose:
INVALID_REQUEST, which is also said of a refund that is on its way already, and whatever can be put
right and is then asked for again.
"""

_TYPES: Final = {
    AbnormalRefundWay.PAYER_CARD: "USER_BANK_CARD",
    AbnormalRefundWay.OUR_ACCOUNT: "MERCHANT_BANK_CARD",
}
_REFUND_ID: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_BANK: Final = re.compile(r"[0-9A-Z_]{1,16}")
_ACCOUNT: Final = re.compile(r"[0-9]{6,32}")


def refusal(request: AbnormalRefundRequest, *, key: PlatformKey) -> str:
    """Say which rule of the channel an application breaks, or nothing if it may be sent.

    `key` is the one for which names and numbers will be encrypted.
    """
    if not refunds.CHANNEL_NO.fullmatch(request.channel_no):
        return "The refund's number is none of WeChat Pay's."
    if not _REFUND_ID.fullmatch(request.channel_ref):
        return "WeChat Pay's own number of the refund is missing."
    private = (request.bank, request.bank_account, request.holder_name)
    if request.way is AbnormalRefundWay.OUR_ACCOUNT:
        return "Our own account is known there." if any(private) else ""
    if not _BANK.fullmatch(request.bank):
        return "The payer's bank is missing, or none of WeChat Pay's."
    if not _ACCOUNT.fullmatch(request.bank_account):
        return "The payer's account number is missing, or not digits alone."
    if not secrecy.can_be_told(request.holder_name, key=key.public_key):
        return "The holder's name is missing, too long or not plain text."
    return ""


def path(request: AbnormalRefundRequest) -> str:
    """Give the address of an application."""
    return f"{refunds.PATH}/{request.channel_ref}/apply-abnormal-refund"


def content(request: AbnormalRefundRequest, *, key: PlatformKey) -> dict[str, object]:
    """Give the body of an application; what is the payer's own is encrypted."""
    fields: dict[str, object] = {
        "out_refund_no": request.channel_no,
        "type": _TYPES[request.way],
    }
    if request.way is AbnormalRefundWay.PAYER_CARD:
        fields["bank_type"] = request.bank
        fields["bank_account"] = secrecy.sealed(request.bank_account, key=key.public_key)
        fields["real_name"] = secrecy.sealed(request.holder_name, key=key.public_key)
    return fields


def outcome(reply: Reply, *, request: AbnormalRefundRequest) -> Outcome:
    """Read the verified answer to an application: the refund as it stands now."""
    return refunds.refund_outcome(
        reply,
        channel_no=request.channel_no,
        pay_channel_no=request.pay_channel_no,
        failures=FAILURE_CODES,
    )
