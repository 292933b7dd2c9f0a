"""Prove all keys of an account without touching money: WeChat Pay says again what we said."""

from typing import Final

from payments.channels import base
from payments.channels.base import Outcome, OutcomeKind
from payments.channels.wechatpay import replies, secrecy
from payments.channels.wechatpay.platform_keys import PlatformKey
from payments.channels.wechatpay.replies import Reply

PATH: Final = "/v3/security/echo"

FAILURE_CODES: Final = frozenset({"MCH_NOT_EXISTS", "NO_AUTH", "PARAM_ERROR", "SIGN_ERROR"})
"""Codes that say which key, or which part of the request, does not fit."""


def content(text: str, *, notify_url: str, key: PlatformKey) -> dict[str, object]:
    """Give the body: the text as it is, and encrypted; the answer to the door comes besides."""
    return {
        "echo_message": text,
        "encrypted_echo_message": secrecy.sealed(text, key=key.public_key),
        **({"notify_url": notify_url} if notify_url else {}),
    }


def outcome(reply: Reply, *, text: str) -> Outcome:
    """Read the verified answer. That it came proves our key, that it is signed theirs."""
    if reply.status_code != 200:
        return replies.error_outcome(reply, failures=FAILURE_CODES)
    if reply.text("echo_message") != text:
        return replies.unknown(base.OTHER_NUMBER, "The answer is another text.", reply)
    return Outcome(OutcomeKind.SUCCEEDED, code="ECHO", channel_ref=text, raw=reply.raw)
