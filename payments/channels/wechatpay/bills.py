"""Fetch WeChat Pay's bills: a signed answer names the file and its hash, the file is not signed.

The file is packed; the hash is that of the text inside.
"""

import hashlib
import zlib
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

from payments.channels import base
from payments.channels.base import Outcome, OutcomeKind
from payments.channels.wechatpay import bill_sums, replies
from payments.channels.wechatpay.conversation import Conversation
from payments.channels.wechatpay.replies import Reply

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""The longest bill that is read, packed or unpacked, in bytes."""

TRADE_KINDS: Final = frozenset({"ALL", "SUCCESS", "REFUND", "RECHARGE_REFUND"})
"""Kinds of bills about trades, by the channel's words."""
FUND_KINDS: Final = frozenset({"BASIC", "OPERATION", "FEES"})
"""Kinds of bills about money: one for each of our accounts there."""

_NONE_YET: Final = "NO_STATEMENT_EXIST"
_BEING_WRITTEN: Final = "STATEMENT_CREATING"
_PACKED: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31


class BrokenFileError(Exception):
    """A file is not what was promised: too long, cut, or of another hash."""


def fetched(
    conversation: Conversation, day: date, *, kind: str, gateway_url: str, at: datetime
) -> bytes | Outcome:
    """Get the text of one day's bill, unpacked, its hash and its sums checked; or why not.

    Raises ValueError for a kind that WeChat Pay does not have.
    """
    reply = conversation.ask(path(day, kind=kind), at=at)
    if isinstance(reply, Outcome):
        return reply
    found = place(reply, gateway_url=gateway_url)
    if isinstance(found, Outcome):
        return found
    url, digest = found
    file = conversation.fetched(url, bytes_max=FILE_BYTES_MAX, at=at)
    if isinstance(file, Outcome):
        return file
    try:
        text = unpacked(file, sha1=digest)
    except BrokenFileError as error:
        return replies.unknown(base.UNREADABLE_ANSWER, f"The file is broken: {error}.", reply)
    fault = bill_sums.fault_of(text, day=day)
    if fault:
        is_other_day = fault == bill_sums.OTHER_DAY
        code = base.OTHER_NUMBER if is_other_day else base.UNREADABLE_ANSWER
        return replies.unknown(code, fault, reply)
    return text


def path(day: date, *, kind: str) -> str:
    """Give the address of a question for one day's bill. Raises ValueError for other kinds."""
    if kind in TRADE_KINDS:
        return f"/v3/bill/tradebill?bill_date={day:%Y-%m-%d}&bill_type={kind}&tar_type=GZIP"
    if kind in FUND_KINDS:
        return f"/v3/bill/fundflowbill?bill_date={day:%Y-%m-%d}&account_type={kind}&tar_type=GZIP"
    raise ValueError(f"WeChat Pay has no bill of kind {kind!r}")


def place(reply: Reply, *, gateway_url: str) -> tuple[str, str] | Outcome:
    """Read where the file stands and its SHA-1 in hexadecimal, or why there is none.

    NOT_FOUND if nothing was written of that day: nothing happened on it, or it is too early. A
    file at any other host than the gateway's is not fetched.
    """
    if reply.status_code != 200:
        outcome = replies.asking_error_outcome(reply)
        if outcome.code == _NONE_YET:
            return replies.unknown(base.NOT_FOUND, outcome.message, reply)
        if outcome.code == _BEING_WRITTEN:
            return Outcome(
                OutcomeKind.PROCESSING, code=outcome.code, message=outcome.message, raw=reply.raw
            )
        return outcome
    url, digest = reply.text("download_url"), reply.text("hash_value").lower()
    if reply.text("hash_type") != "SHA1" or len(digest) != hashlib.sha1(b"").digest_size * 2:  # noqa: S324
        return replies.unknown(base.UNREADABLE_ANSWER, "The hash is of another kind.", reply)
    found, gateway = urlsplit(url), urlsplit(gateway_url)
    if not url.isprintable() or (found.scheme, found.netloc) != (gateway.scheme, gateway.netloc):
        return replies.unknown(base.UNREADABLE_ANSWER, "The file is somewhere else.", reply)
    return url, digest


def unpacked(file: bytes, *, sha1: str) -> bytes:
    """Give the text of a bill, if its hash is the one that WeChat Pay signed.

    Raises BrokenFileError.
    """
    text = _inflated(file) if file.startswith(_PACKED) else file
    # Prescribed by the protocol; what it guards against are accidents on the way.
    if hashlib.sha1(text).hexdigest() != sha1:  # noqa: S324
        raise BrokenFileError("its hash is another one")
    if not text:
        # Of a day without trades there is no bill; one that is there has its columns' names.
        raise BrokenFileError("it is empty")
    return text


def _inflated(file: bytes) -> bytes:
    """Unpack one GZIP file, never beyond what a bill may have. Raises BrokenFileError."""
    packed = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = packed.decompress(file, FILE_BYTES_MAX + 1)
    except zlib.error as error:
        raise BrokenFileError("it cannot be unpacked") from error
    if len(text) > FILE_BYTES_MAX:
        raise BrokenFileError("it is too long")
    if not packed.eof or packed.unused_data:
        raise BrokenFileError("it is cut, or something follows")
    return text
