"""Reading pain.001.001.09 as a bank does: a file whose sums are wrong is refused whole."""

import re
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

from payments.simulator.errors import RefusedError
from payments.simulator.money import amount_text, decimal_minor

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_ID = re.compile(r"[^\x00-\x1f]{1,35}")


@dataclass(frozen=True)
class Order:
    """One transfer that a file asks for."""

    payment_info_id: str
    instruction_id: str | None
    end_to_end_id: str
    amount_minor: int
    creditor_name: str | None
    creditor_account: str | None
    remittance: str | None
    requested_date: date


@dataclass(frozen=True)
class PaymentFile:
    """A file whose counts and sums are right."""

    message_id: str
    orders: tuple[Order, ...]

    @property
    def total_minor(self) -> int:
        """The sum of all transfers, in minor units."""
        return sum(order.amount_minor for order in self.orders)


class _Node:
    """An element, read by the names of its descendants without the namespace."""

    def __init__(self, element: ET.Element) -> None:
        self._element = element

    def all(self, path: str) -> list["_Node"]:
        return [_Node(found) for found in self._element.findall(_qualified(path))]

    def optional(self, path: str) -> str | None:
        found = self._element.find(_qualified(path))
        text = "" if found is None else (found.text or "").strip()
        return text or None

    def text(self, path: str) -> str:
        text = self.optional(path)
        if text is None:
            raise _refused("missing_element", f"{path} is missing")
        return text

    def attribute(self, path: str, *, name: str) -> str:
        found = self._element.find(_qualified(path))
        return "" if found is None else found.get(name, "")

    def identifier(self, path: str) -> str:
        text = self.text(path)
        if not _ID.fullmatch(text):
            raise _refused("bad_identifier", f"{path} has 1 to 35 characters")
        return text


def read_payment_file(body: bytes, *, account_no: str, currency: str) -> PaymentFile:
    """Read a file for one debtor account.

    Raises RefusedError, and then nothing of the file is carried out, if it is not readable, is
    for another account or currency, names a transfer twice, or if a count or control sum differs
    from what the file contains.
    """
    root = _root(body)
    header = _one(root, "CstmrCdtTrfInitn/GrpHdr")
    orders: list[Order] = []
    for block in root.all("CstmrCdtTrfInitn/PmtInf"):
        block_orders = _block_orders(block, account_no=account_no, currency=currency)
        _require_sums(block, block_orders, currency=currency, is_required=False)
        orders.extend(block_orders)
    _require_sums(header, orders, currency=currency, is_required=True)
    if not orders:
        raise _refused("empty_file", "the file asks for no transfer")
    if len({order.end_to_end_id for order in orders}) != len(orders):
        raise _refused("end_to_end_id_twice", "two transfers carry the same EndToEndId")
    return PaymentFile(message_id=header.identifier("MsgId"), orders=tuple(orders))


def _root(body: bytes) -> _Node:
    try:
        element = SafeTree.fromstring(body, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise _refused("unreadable_file", f"not plain XML: {error}") from error
    if element.tag != f"{{{_NAMESPACE}}}Document":
        raise _refused("unreadable_file", "not a pain.001.001.09 document")
    return _Node(element)


def _block_orders(block: _Node, *, account_no: str, currency: str) -> list[Order]:
    debtor = block.optional("DbtrAcct/Id/Othr/Id") or block.optional("DbtrAcct/Id/IBAN")
    if debtor != account_no:
        raise _refused("wrong_account", f"the file debits {debtor}, not {account_no}")
    if block.text("PmtMtd") != "TRF":
        raise _refused("wrong_method", "PmtMtd must be TRF")
    payment_info_id = block.identifier("PmtInfId")
    try:
        requested_date = date.fromisoformat(block.text("ReqdExctnDt/Dt"))
    except ValueError as error:
        raise _refused("bad_date", "ReqdExctnDt/Dt is not a date") from error
    return [
        Order(
            payment_info_id=payment_info_id,
            instruction_id=transfer.optional("PmtId/InstrId"),
            end_to_end_id=transfer.identifier("PmtId/EndToEndId"),
            amount_minor=_amount_minor(transfer, currency=currency),
            creditor_name=transfer.optional("Cdtr/Nm"),
            creditor_account=transfer.optional("CdtrAcct/Id/Othr/Id")
            or transfer.optional("CdtrAcct/Id/IBAN"),
            remittance=transfer.optional("RmtInf/Ustrd"),
            requested_date=requested_date,
        )
        for transfer in block.all("CdtTrfTxInf")
    ]


def _amount_minor(transfer: _Node, *, currency: str) -> int:
    found = transfer.attribute("Amt/InstdAmt", name="Ccy")
    if found != currency:
        raise _refused("wrong_currency", f"the account is in {currency}, a transfer in {found}")
    try:
        amount_minor = decimal_minor(transfer.text("Amt/InstdAmt"), currency=currency)
    except ValueError as error:
        raise _refused("bad_amount", str(error)) from error
    if amount_minor == 0:
        raise _refused("bad_amount", "a transfer of nothing")
    return amount_minor


def _require_sums(node: _Node, orders: list[Order], *, currency: str, is_required: bool) -> None:
    count = node.text("NbOfTxs") if is_required else node.optional("NbOfTxs")
    if count is not None and count != str(len(orders)):
        raise _refused("count_mismatch", f"NbOfTxs says {count}, there are {len(orders)}")
    control_sum = node.text("CtrlSum") if is_required else node.optional("CtrlSum")
    if control_sum is None:
        return
    total_minor = sum(order.amount_minor for order in orders)
    try:
        is_right = decimal_minor(control_sum, currency=currency) == total_minor
    except ValueError:
        is_right = False
    if not is_right:
        total = amount_text(total_minor, currency=currency)
        raise _refused("control_sum_mismatch", f"CtrlSum says {control_sum}, it is {total}")


def _one(root: _Node, path: str) -> _Node:
    found = root.all(path)
    if len(found) != 1:
        raise _refused("missing_element", f"{path} must be there once")
    return found[0]


def _qualified(path: str) -> str:
    return "/".join(f"{{{_NAMESPACE}}}{name}" for name in path.split("/"))


def _refused(code: str, detail: str) -> RefusedError:
    return RefusedError(status=400, code=code, detail=detail)
