"""Translate between our payouts and WeChat Pay's transfers, which their payee has to confirm.

WeChat Pay's `out_bill_no` is our number. Amounts are fen; there is no other currency. The HTTP
status and the code of an answer describe the request, never the transfer: no code says that one
failed, only the state of the transfer itself does.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from payments.channels import base
from payments.channels.base import (
    Outcome,
    OutcomeKind,
    PayerAction,
    PayerActionKind,
    TransferRequest,
)
from payments.channels.wechatpay import replies, secrecy
from payments.channels.wechatpay.platform_keys import PlatformKey
from payments.channels.wechatpay.replies import Reply

PATH: Final = "/v3/fund-app/mch-transfer/transfer-bills"
ACCOUNT_TYPE: Final = "openid"
"""Our word for the one kind of name that WeChat Pay transfers to."""

FAILURE_CODES: Final[frozenset[str]] = frozenset()
"""The closed list of codes after which a transfer has certainly failed: none.

WeChat Pay warns that who takes a new number after a refusal may pay twice. The same number may be
sent again, and a question tells.
"""

NAME_NEEDED_MINOR: Final = 200_000
"""From this amount on the payee's name is compared, in fen."""
NAME_FORBIDDEN_BELOW_MINOR: Final = 30
"""Below this amount no name may be sent, in fen."""

_CHANNEL_NO: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_OPENID: Final = re.compile(r"[\x21-\x7e]{1,64}")
_SCENE: Final = re.compile(r"[0-9]{1,36}")
_PACKAGE: Final = re.compile(r"[\x21-\x7e]{1,2048}")
_REMARK_LENGTH_MAX: Final = 32
_KINDS: Final = {
    "ACCEPTED": OutcomeKind.PROCESSING,
    "PROCESSING": OutcomeKind.PROCESSING,
    "WAIT_USER_CONFIRM": OutcomeKind.AWAITING_PAYER,
    "TRANSFERING": OutcomeKind.PROCESSING,
    "SUCCESS": OutcomeKind.SUCCEEDED,
    "FAIL": OutcomeKind.FAILED,
    "CANCELING": OutcomeKind.PROCESSING,
    "CANCELLED": OutcomeKind.CLOSED,
}


def refusal(request: TransferRequest, *, key: PlatformKey) -> str:
    """Say which rule of the channel a transfer breaks, or nothing if it may be sent.

    Whom the money goes to is never cut or cleaned here: it is sent exactly, or not at all. `key`
    is the one for which the name will be encrypted.
    """
    if request.account_type != ACCOUNT_TYPE or not _OPENID.fullmatch(request.account):
        return "WeChat Pay transfers to an openid, and to none of another form."
    if not _CHANNEL_NO.fullmatch(request.channel_no):
        return "The number must be 1 to 32 letters and digits."
    if request.amount_minor <= 0 or request.currency != replies.CURRENCY:
        return "WeChat Pay transfers amounts above nothing, in CNY."
    if not _SCENE.fullmatch(request.scene):
        return "The scene for which the money is sent is missing."
    if not all(question and answer for question, answer in request.scene_reports):
        return "What the scene asks is not all answered."
    if request.amount_minor >= NAME_NEEDED_MINOR and not request.holder_name:
        return "From 2000.00 on it takes the payee's name."
    if _named(request) and not secrecy.can_be_told(request.holder_name, key=key.public_key):
        return "The payee's name is too long or not plain text."
    return ""


def _named(request: TransferRequest) -> bool:
    """Tell whether the payee's name is compared: it may not be for the smallest amounts."""
    return bool(request.holder_name) and request.amount_minor >= NAME_FORBIDDEN_BELOW_MINOR


def content(
    request: TransferRequest, *, app_id: str, notify_url: str, key: PlatformKey
) -> dict[str, object]:
    """Give the body of a transfer; the payee's name is encrypted."""
    remark = base.kept_text(request.remark or request.title, length_max=_REMARK_LENGTH_MAX)
    fields: dict[str, object] = {
        "appid": app_id,
        "out_bill_no": request.channel_no,
        "transfer_scene_id": request.scene,
        "openid": request.account,
        "transfer_amount": request.amount_minor,
        "transfer_remark": remark or request.channel_no,
        "notify_url": notify_url,
    }
    if _named(request):
        fields["user_name"] = secrecy.sealed(request.holder_name, key=key.public_key)
    if request.perception:
        fields["user_recv_perception"] = request.perception
    if request.scene_reports:
        fields["transfer_scene_report_infos"] = [
            {"info_type": question, "info_content": answer}
            for question, answer in request.scene_reports
        ]
    return fields


def path(channel_no: str) -> str:
    """Give the address of a question about a transfer."""
    return f"{PATH}/out-bill-no/{quote(channel_no, safe='')}"


@dataclass(frozen=True, slots=True)
class Whose:
    """What an answer must be about: our number, under our own account."""

    channel_no: str
    app_id: str
    merchant_no: str


def order_outcome(reply: Reply, *, whose: Whose) -> Outcome:
    """Read the verified answer to a transfer.

    It names neither an amount nor when money moved, and the books need both: so even a transfer
    that succeeded is `processing` until it was asked about.
    """
    if reply.status_code != 200:
        return replies.error_outcome(reply, failures=FAILURE_CODES)
    outcome = _outcome(reply, whose=whose, is_order=True)
    return replace(outcome, action=_confirmation(reply, outcome=outcome, whose=whose))


def query_outcome(reply: Reply, *, whose: Whose) -> Outcome:
    """Read the verified answer to a question about a transfer, or to a wish to call it back.

    A refusal leaves open what became of it, above all whether the payee was faster.
    """
    if reply.status_code != 200:
        return replies.asking_error_outcome(reply)
    return _outcome(reply, whose=whose, is_order=False)


def _outcome(reply: Reply, *, whose: Whose, is_order: bool) -> Outcome:
    """Read where a transfer stands, if the answer is about ours."""
    if reply.text("out_bill_no") != whose.channel_no:
        return replies.unknown(base.OTHER_NUMBER, "The answer is about another number.", reply)
    own = {"mch_id": whose.merchant_no, "mchid": whose.merchant_no, "appid": whose.app_id}
    if any(reply.text(name) not in ("", value) for name, value in own.items()):
        return replies.unknown(base.OTHER_NUMBER, "The answer is about another account.", reply)

    state = base.kept_text(reply.text("state"))
    kind = _KINDS.get(state, OutcomeKind.UNKNOWN)
    reason = base.kept_text(reply.text("fail_reason")) if kind is OutcomeKind.FAILED else ""
    amount_minor = reply.fields.get("transfer_amount")
    if amount_minor is not None and (type(amount_minor) is not int or amount_minor < 0):
        return replies.unknown(base.UNREADABLE_ANSWER, "The amount is garbled.", reply)
    paid_at: datetime | None = None
    if kind is OutcomeKind.SUCCEEDED and is_order:
        kind = OutcomeKind.PROCESSING
    elif kind is OutcomeKind.SUCCEEDED:
        try:
            paid_at = replies.instant(reply.text("update_time"))
        except ValueError:
            return replies.unknown(base.UNREADABLE_ANSWER, "The time is garbled.", reply)
        if amount_minor is None or paid_at is None:
            words = "Done, but without an amount or a time."
            return replies.unknown(base.UNREADABLE_ANSWER, words, reply)
    return Outcome(
        kind,
        code=reason or state or base.UNREADABLE_ANSWER,
        channel_ref=base.kept_text(reply.text("transfer_bill_no")),
        amount_minor=amount_minor,
        currency="" if amount_minor is None else replies.CURRENCY,
        paid_at=paid_at,
        payer_ref=base.kept_text(reply.text("openid")),
        raw=reply.raw,
    )


def _confirmation(reply: Reply, *, outcome: Outcome, whose: Whose) -> PayerAction | None:
    """Give what the payee's device hands to WeChat to confirm; only the first answer has it."""
    package = reply.text("package_info")
    if outcome.kind is not OutcomeKind.AWAITING_PAYER or not _PACKAGE.fullmatch(package):
        return None
    fields = {"mchId": whose.merchant_no, "appId": whose.app_id, "package": package}
    return PayerAction(PayerActionKind.INVOKE, fields=fields)
