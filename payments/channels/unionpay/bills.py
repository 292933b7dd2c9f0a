"""Read the file of one day (txnType 76): a ZIP, deflated and in Base64 in the signed answer."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

from payments.channels import archives, base
from payments.channels.base import ChannelConfig, Outcome
from payments.channels.unionpay import mapping, numbers

FILE: Final = ("76", "01")
KINDS: Final = ("00",)
"""The kinds of file that UnionPay writes: 00 is the day's transactions and what they settle to."""
NO_FILE_CODE: Final = "98"
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
_HOST: Final = "gateway."
_FILE_HOST: Final = "filedownload."


def file_url(gateway_url: str) -> str:
    """Give where files lie: on a host of their own beside the gateway's, or under its own."""
    parts = urlsplit(gateway_url)
    if parts.netloc.startswith(_HOST):
        return f"{parts.scheme}://{_FILE_HOST}{parts.netloc.removeprefix(_HOST)}/"
    return f"{parts.scheme}://{parts.netloc}/filedownload/"


def file_fields(day: date, *, kind: str, config: ChannelConfig, at: datetime) -> Mapping[str, str]:
    """Give the question for a day's file, not signed yet. It is no order: its time is now."""
    txn_type, txn_sub_type = FILE
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "certId": config.key_serial,
        "txnType": txn_type,
        "txnSubType": txn_sub_type,
        "bizType": "000000",
        "accessType": "0",
        "merId": config.merchant_no,
        "txnTime": numbers.shanghai_text(at),
        "settleDate": f"{day:%m%d}",
        "fileType": kind,
    }


def file_of(fields: Mapping[str, str], *, day: date, raw: str) -> bytes | Outcome:
    """Give the file of a verified answer as it came, or say why there is none."""
    code, message = fields.get("respCode", ""), mapping.words(fields, "respMsg")
    if code != mapping.OK_CODE:
        told = base.NOT_FOUND if code == NO_FILE_CODE else base.kept_text(code)
        return mapping.unknown(told or base.UNREADABLE_ANSWER, message, raw)
    if fields.get("settleDate") != f"{day:%m%d}":
        return mapping.unknown(base.OTHER_NUMBER, "The file is of another day.", raw)
    inflating = zlib.decompressobj()
    try:
        packed = base64.b64decode(fields.get("fileContent", ""), validate=True)
        content = inflating.decompress(packed, FILE_BYTES_MAX)
    except (binascii.Error, ValueError, zlib.error):
        return mapping.unknown(base.UNREADABLE_ANSWER, "The file is garbled.", raw)
    if not content or not inflating.eof or inflating.unused_data:
        return mapping.unknown(base.UNREADABLE_ANSWER, "The file is cut or too long.", raw)
    try:
        for _head, _tail in archives.members_of(content):
            pass
    except archives.BrokenArchiveError as error:
        return mapping.unknown(base.UNREADABLE_ANSWER, f"The file is broken: {error}.", raw)
    return content
