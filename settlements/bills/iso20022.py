"""Read the fields that all ISO 20022 messages share: amounts, days, directions, references."""

import re
from datetime import date
from typing import Final

from ledger import money
from ledger.errors import AmountError, UnknownCurrencyError
from settlements.bills.base import BillInvalidError, Direction
from settlements.bills.documents import Node

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"

REFERENCE_LENGTH_MAX: Final = 64
"""The longest reference that we keep; ISO 20022 allows 35 letters."""

_DIRECTIONS: Final = {"CRDT": Direction.CREDIT, "DBIT": Direction.DEBIT}
# What banks write where a payer gave no reference.
_NO_REFERENCE: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF"})
# xs:decimal without a sign: an amount is never negative, its direction says where it went.
_DECIMAL: Final = re.compile(r"\+?([0-9]{0,30})(?:\.([0-9]{0,30}))?")
# xs:date and xs:dateTime, of which only the day counts, as the bank wrote it.
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[TZ+-].*)?")


def amount(node: Node) -> tuple[int, str]:
    """Read an amount element: minor units, not negative, and the currency.

    XML may write 7, 7.0 or 007.00000 for the same; the value is taken exactly or not at all.

    Raises BillInvalidError.
    """
    text, currency = node.text("."), node.attribute("Ccy")
    found = _DECIMAL.fullmatch(text)
    if found is None or not (found.group(1) or found.group(2)):
        raise BillInvalidError(place=node.name, found=text[:40] or "—")
    whole = found.group(1).lstrip("0") or "0"
    fraction = (found.group(2) or "").rstrip("0")
    try:
        return money.from_decimal_text(f"{whole}.{fraction}".rstrip("."), currency), currency
    except (AmountError, UnknownCurrencyError) as error:
        raise BillInvalidError(place=node.name, found=f"{text[:40]} {currency[:3]}") from error


def direction(node: Node) -> Direction:
    """Read which way an amount went. Raises BillInvalidError if it is not said."""
    code = node.required("CdtDbtInd")
    try:
        return _DIRECTIONS[code]
    except KeyError:
        raise BillInvalidError(place="CdtDbtInd", found=code[:40]) from None


def local_date(node: Node, *paths: str) -> date | None:
    """Read a day at the first path that has one: the bank's local day, or none.

    Raises BillInvalidError for a text that is no day.
    """
    text = node.text(*paths)
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(found.group(1) if found else "")
    except ValueError:
        raise BillInvalidError(place=paths[0], found=text[:40]) from None


def reference(node: Node, path: str, *, required: bool = False) -> str:
    """Read a reference; what banks write for "none" is none.

    Raises BillInvalidError if it is too long to be one, or is required and missing.
    """
    text = node.text(path)
    if text.upper() in _NO_REFERENCE:
        text = ""
    if len(text) > REFERENCE_LENGTH_MAX or (required and not text):
        raise BillInvalidError(place=path, found=text[:40] or "—")
    return text


def joined_text(node: Node, path: str) -> str:
    """Read all texts at a path as one line."""
    return " ".join(filter(None, (each.text(".") for each in node.each(path))))
