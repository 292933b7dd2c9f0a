"""What a bank tells us of payment files and of a day; a test states only what matters."""

from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

from ledger.money import to_decimal_text
from payments.models import ChannelAccount
from settlements.models import PaymentFile
from tests.instants import FRIDAY


def payment_report(
    file: PaymentFile,
    statuses: dict[str, str],
    *,
    message_id: str = "BANK-RPT-1",
    reasons: dict[str, str] | None = None,
) -> bytes:
    """Write the bank's answer to a payment file: a status for each of our numbers."""
    results = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{number}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (
            f"<StsRsnInf><Rsn><Cd>{(reasons or {})[number]}</Cd></Rsn></StsRsnInf>"
            if number in (reasons or {})
            else ""
        )
        + "</TxInfAndSts>"
        for number, status in statuses.items()
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-03-06T11:00:00+08:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{file.message_id}</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file.message_id}</OrgnlPmtInfId>{results}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement on our account as the bank would show it; below zero is money out."""

    signed_minor: int
    end_to_end_id: str = ""
    reference: str = ""
    text: str = ""
    is_reversal: bool = False


def bank_statement(
    bank: ChannelAccount,
    *movements: Movement,
    message_id: str = "STM-1",
    day: date = FRIDAY,
    opening_minor: int = 0,
    closing_minor: int | None = None,
    account_no: str | None = None,
) -> bytes:
    """Write the bank's statement of one day; its balances add up unless told otherwise."""
    if closing_minor is None:
        closing_minor = opening_minor + sum(movement.signed_minor for movement in movements)
    root = ET.Element("Document", xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08")
    message = ET.SubElement(root, "BkToCstmrStmt")
    _add(message, "GrpHdr/MsgId", message_id)
    statement = ET.SubElement(message, "Stmt")
    _add(statement, "Id", message_id)
    account = ET.SubElement(statement, "Acct")
    _add(account, "Id/Othr/Id", account_no or bank.merchant_no)
    _add(account, "Ccy", bank.currency)
    for code, minor in (("OPBD", opening_minor), ("CLBD", closing_minor)):
        balance = ET.SubElement(statement, "Bal")
        _add(balance, "Tp/CdOrPrtry/Cd", code)
        _add_amount(balance, minor, currency=bank.currency)
    for movement in movements:
        entry = ET.SubElement(statement, "Ntry")
        _add_amount(entry, movement.signed_minor, currency=bank.currency)
        if movement.is_reversal:
            _add(entry, "RvslInd", "true")
        _add(entry, "Sts/Cd", "BOOK")
        _add(entry, "BookgDt/Dt", day.isoformat())
        if movement.reference:
            _add(entry, "AcctSvcrRef", movement.reference)
        details = ET.SubElement(ET.SubElement(entry, "NtryDtls"), "TxDtls")
        if movement.end_to_end_id:
            _add(details, "Refs/EndToEndId", movement.end_to_end_id)
        if movement.text:
            _add(details, "RmtInf/Ustrd", movement.text)
    return ET.tostring(root)


def _add(parent: ET.Element, path: str, text: str) -> ET.Element:
    node = parent
    for tag in path.split("/"):
        node = ET.SubElement(node, tag)
    node.text = text
    return node


def _add_amount(parent: ET.Element, signed_minor: int, *, currency: str) -> None:
    amount = _add(parent, "Amt", to_decimal_text(abs(signed_minor), currency))
    amount.set("Ccy", currency)
    _add(parent, "CdtDbtInd", "DBIT" if signed_minor < 0 else "CRDT")
