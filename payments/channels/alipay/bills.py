"""Fetch Alipay's bills: a signed answer says where the file is, the file itself is not signed.

The address lives for half a minute and could be anybody's, so only Alipay's own hosts and the
gateway's are gone to. The ZIP is kept as it came: two CSVs in GBK, which are read elsewhere; here
only whether it is whole, of the day that was asked for, and of the lines that its sums are of. It
is held in memory, up to a limit: a bill packs to a twentieth, so the limit is millions of rows.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from payments.channels import archives, base
from payments.channels.alipay import bill_sums, mapping
from payments.channels.alipay.gateway import not_sent, unknown
from payments.channels.base import Outcome
from payments.channels.transport import NotSentError, Transport, UnansweredError

URL_METHOD: Final = "alipay.data.dataservice.bill.downloadurl.query"

KINDS: Final = frozenset({"trade", "signcustomer"})
"""The bills of a day, by the channel's words: its trades, and what moved our balance there."""

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""The longest ZIP that is read, in bytes."""

NOT_FOUND_CODES: Final = frozenset({"BILL_NOT_EXIST", "isp.bill_not_exist"})
"""No bill of that day yet, or none at all: documented as the one, seen as the other."""

_ENCODING: Final = "gb18030"
_BEGINS_ON: Final = re.compile("起始日期：\\[([^ ]{1,40}) 00:00:00\\]".encode(_ENCODING))
_END_OF_LIST: Final = "列表结束".encode(_ENCODING)
_HOST_ENDINGS: Final = (".alipay.com", ".alipaydev.com")


def url_content(day: date, *, kind: str) -> dict[str, object]:
    """Give the `biz_content` of a question for one day's bill."""
    return {"bill_type": kind, "bill_date": day.isoformat()}


def file_url(node: Mapping[str, str], *, gateway_url: str, raw: str) -> str | Outcome:
    """Read where the file is, or say why it is not to be had; NOT_FOUND if there is none."""
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=NOT_FOUND_CODES, raw=raw)
    url = trusted_url(node.get("bill_download_url", ""), gateway_url=gateway_url)
    return url or mapping.unknown(base.UNREADABLE_ANSWER, "The file is at a strange place.", raw)


def trusted_url(url: str, *, gateway_url: str) -> str:
    """Give an address that may be gone to, or nothing.

    It is the gateway's own origin, or a host of Alipay's; the latter are gone to by HTTPS, though
    Alipay still writes `http` (our reading: its hosts answer both).
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return ""
    try:
        parts, gateway = urlsplit(url), urlsplit(gateway_url)
        port = parts.port
    except ValueError:
        return ""
    if (parts.scheme, parts.netloc) == (gateway.scheme, gateway.netloc):
        return url
    host = parts.hostname or ""
    is_plain = parts.netloc.lower() in (host, f"{host}:{port}") and port in (None, 80, 443)
    if parts.scheme not in ("http", "https") or not is_plain or not host.endswith(_HOST_ENDINGS):
        return ""
    return parts._replace(scheme="https", netloc=host).geturl()


def fetched(url: str, *, day: date, transport: Transport) -> bytes | Outcome:
    """Get the ZIP of a day at an address, or say why not: F47, a broken one is refused whole."""
    try:
        answer = transport.get_file(url, headers={"Accept": "*/*"}, bytes_max=FILE_BYTES_MAX)
    except NotSentError as error:
        return not_sent(str(error))
    except UnansweredError as error:
        return unknown(base.NO_ANSWER, str(error), b"")
    if answer.status_code != 200:
        return unknown(base.HTTP_STATUS, f"HTTP {answer.status_code}", answer.body)
    try:
        members = list(archives.members_of(answer.body))
    except archives.BrokenArchiveError as error:
        return unknown(base.UNREADABLE_ANSWER, f"The file is broken: {error}.", answer.body)
    days = {found[1] for head, _tail in members if (found := _BEGINS_ON.search(head))}
    if days and days != {f"{day:%Y}年{day:%m}月{day:%d}日".encode(_ENCODING)}:
        return unknown(base.OTHER_NUMBER, "The file is of another day.", b"")
    if not any(_END_OF_LIST in tail for _head, tail in members):
        return unknown(base.UNREADABLE_ANSWER, "The list in the file has no end.", b"")
    try:
        fault = bill_sums.fault_of(archives.lines_of(answer.body))
    except archives.BrokenArchiveError as error:
        fault = f"The file is broken: {error}."
    return unknown(base.UNREADABLE_ANSWER, fault, b"") if fault else answer.body
