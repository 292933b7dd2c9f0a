"""Say when an order was sent as UnionPay counts it: a pure function of our number.

UnionPay knows an order by merId, orderId and txnTime together, and every question must name all
three. We have one immutable number. It begins with the instant at which it was made
(`ledger.identifiers.new_id`), so txnTime is read off the number, today and in ten years.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""UnionPay's clock: its times carry no zone and mean this one."""

_ORDER_ID: Final = re.compile(r"[0-9A-Za-z]{8,40}")
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY: Final = re.compile(rf"[0-7][{_ALPHABET}]{{25}}")
_BODY_LENGTH: Final = 26
_RANDOM_BITS: Final = 80
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_MAX: Final = 2199


def txn_time(channel_no: str) -> str:
    """Give the txnTime of an order, `yyyyMMddHHmmss` in Shanghai; empty where it tells none."""
    body = channel_no[-_BODY_LENGTH:]
    if not _ORDER_ID.fullmatch(channel_no) or not _BODY.fullmatch(body):
        return ""
    number = 0
    for letter in body:
        number = number << 5 | _ALPHABET.index(letter)
    try:
        at = _EPOCH + timedelta(milliseconds=number >> _RANDOM_BITS)
        return shanghai_text(at) if at.year <= _YEAR_MAX else ""
    except OverflowError:
        return ""


def refusal(channel_no: str) -> str:
    """Say what is wrong with one of our numbers, or nothing."""
    if not txn_time(channel_no):
        return "The number must be letters and digits that tell when it was made."
    return ""


def shanghai_text(at: datetime) -> str:
    """Write an aware instant as UnionPay does, to the second."""
    return at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def instant(text: str) -> datetime:
    """Read `yyyyMMddHHmmss` of Shanghai as an aware UTC instant. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{14}", text):
        raise ValueError("not yyyyMMddHHmmss")
    local = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    return local.astimezone(UTC)


def traced_at(trace_time: str, *, query_id: str, channel_no: str) -> datetime:
    """Read `traceTime`, which is `MMddHHmmss` without a year, as an aware UTC instant.

    The year is that with which UnionPay's own number begins if month and day agree, else the one
    in which the instant is nearest to the order's.

    Raises ValueError.
    """
    if query_id[4:8] == trace_time[:4]:
        return instant(query_id[:4] + trace_time)
    sent_at = instant(txn_time(channel_no))
    near = []
    for year in (sent_at.year - 1, sent_at.year, sent_at.year + 1):
        try:
            near.append(instant(f"{year}{trace_time}"))
        except ValueError:
            continue  # 29 February
    if not near:
        raise ValueError("no such day")
    return min(near, key=lambda at: abs(at - sent_at))
