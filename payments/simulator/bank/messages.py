"""Writing what a bank sends: pain.002.001.12 (what became of a file), camt.053.001.08 (statement).

The same facts always give the same bytes: nothing here reads a clock.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.etree import ElementTree as ET

from payments.simulator.bank.accounts import Account
from payments.simulator.clock import SHANGHAI, moment
from payments.simulator.money import amount_text

_REPORT_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"
_STATEMENT_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_REASONS = {"AC01": "Incorrect account number", "AC04": "Closed account"}
# What a channel moves by itself: a day's takings, or a wallet's money to or from it.
_CHANNEL_CODES = {
    None: "CHANNEL-SETTLE",
    "top_up": "CHANNEL-TOP-UP",
    "withdrawal": "CHANNEL-WITHDRAW",
}
_NAME_LENGTH_MAX = 140
_REMITTANCE_LENGTH_MAX = 140


@dataclass(frozen=True)
class Statement:
    """What one statement says; the days are Asia/Shanghai days, both included."""

    account: Account
    from_date: date
    to_date: date
    opening_minor: int
    entries: list[sqlite3.Row]


def report_message(file: sqlite3.Row, *, transfers: list[sqlite3.Row]) -> bytes:
    """Write the status report of a payment file that was accepted."""
    root = ET.Element("Document", xmlns=_REPORT_NAMESPACE)
    report = _add(root, "CstmrPmtStsRpt")
    header = _add(report, "GrpHdr")
    _add(header, "MsgId", f"BANK-RPT-{file['id']}")
    _add(header, "CreDtTm", _instant_text(moment(file["received_ms"])))

    statuses = {transfer["status"] for transfer in transfers}
    group = _add(report, "OrgnlGrpInfAndSts")
    _add(group, "OrgnlMsgId", file["message_id"])
    _add(group, "OrgnlMsgNmId", "pain.001.001.09")
    _add(group, "OrgnlNbOfTxs", str(file["transfers"]))
    _add(group, "GrpSts", statuses.pop() if len(statuses) == 1 else "PART")

    blocks: dict[str, ET.Element] = {}
    for transfer in transfers:
        block_id = transfer["payment_info_id"]
        if block_id not in blocks:
            blocks[block_id] = _add(report, "OrgnlPmtInfAndSts")
            _add(blocks[block_id], "OrgnlPmtInfId", block_id)
        _add_status(blocks[block_id], transfer)
    return _bytes(root)


def statement_message(statement: Statement) -> bytes:
    """Write an account statement with its opening and closing balance."""
    account = statement.account
    issued_at = datetime.combine(
        statement.to_date + timedelta(days=1), time(hour=1), tzinfo=SHANGHAI
    )
    root = ET.Element("Document", xmlns=_STATEMENT_NAMESPACE)
    message = _add(root, "BkToCstmrStmt")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", _statement_id(statement))
    _add(header, "CreDtTm", _instant_text(issued_at))

    body = _add(message, "Stmt")
    _add(body, "Id", _statement_id(statement))
    _add(body, "CreDtTm", _instant_text(issued_at))
    period = _add(body, "FrToDt")
    _add(period, "FrDtTm", f"{statement.from_date}T00:00:00+08:00")
    _add(period, "ToDtTm", f"{statement.to_date}T23:59:59+08:00")
    account_node = _add(body, "Acct")
    _add(_add(_add(account_node, "Id"), "Othr"), "Id", account.account_no)
    _add(account_node, "Ccy", account.currency)
    _add(_add(account_node, "Ownr"), "Nm", account.holder[:_NAME_LENGTH_MAX])

    closing_minor = statement.opening_minor + sum(
        entry["amount_minor"] if entry["direction"] == "CRDT" else -entry["amount_minor"]
        for entry in statement.entries
    )
    _add_balance(
        body, "OPBD", minor=statement.opening_minor, day_date=statement.from_date, account=account
    )
    _add_balance(body, "CLBD", minor=closing_minor, day_date=statement.to_date, account=account)
    for entry in statement.entries:
        _add_entry(body, entry, account=account)
    return _bytes(root)


def _add_status(block: ET.Element, transfer: sqlite3.Row) -> None:
    node = _add(block, "TxInfAndSts")
    if transfer["instruction_id"] is not None:
        _add(node, "OrgnlInstrId", transfer["instruction_id"])
    _add(node, "OrgnlEndToEndId", transfer["end_to_end_id"])
    _add(node, "TxSts", transfer["status"])
    if transfer["reason"] is not None:
        reason = _add(node, "StsRsnInf")
        _add(_add(reason, "Rsn"), "Cd", transfer["reason"])
        _add(reason, "AddtlInf", _REASONS[transfer["reason"]])


def _add_balance(
    body: ET.Element, code: str, *, minor: int, day_date: date, account: Account
) -> None:
    node = _add(body, "Bal")
    _add(_add(_add(node, "Tp"), "CdOrPrtry"), "Cd", code)
    amount = _add(node, "Amt", amount_text(abs(minor), currency=account.currency))
    amount.set("Ccy", account.currency)
    _add(node, "CdtDbtInd", "DBIT" if minor < 0 else "CRDT")
    _add(_add(node, "Dt"), "Dt", day_date.isoformat())


def _add_entry(body: ET.Element, entry: sqlite3.Row, *, account: Account) -> None:
    reference = f"BK{entry['id']:012d}"
    node = _add(body, "Ntry")
    _add(node, "NtryRef", str(entry["id"]))
    amount = _add(node, "Amt", amount_text(entry["amount_minor"], currency=account.currency))
    amount.set("Ccy", account.currency)
    _add(node, "CdtDbtInd", entry["direction"])
    _add(_add(node, "Sts"), "Cd", "BOOK")
    _add(_add(node, "BookgDt"), "Dt", entry["booking_date"])
    _add(_add(node, "ValDt"), "Dt", entry["booking_date"])
    _add(node, "AcctSvcrRef", reference)
    _add_code(_add(node, "BkTxCd"), entry)

    details = _add(_add(node, "NtryDtls"), "TxDtls")
    references = _add(details, "Refs")
    if entry["transfer_id"] is not None:
        _add(references, "MsgId", entry["message_id"])
    _add(references, "AcctSvcrRef", reference)
    if entry["transfer_id"] is not None:
        _add(references, "PmtInfId", entry["payment_info_id"])
        _add(references, "EndToEndId", entry["end_to_end_id"])
        _add_creditor(_add(details, "RltdPties"), entry)
    else:
        role = "Dbtr" if entry["direction"] == "CRDT" else "Cdtr"
        party = _add(_add(_add(details, "RltdPties"), role), "Pty")
        _add(party, "Nm", "ALIPAY (SIMULATOR)")
    if entry["remittance"]:
        _add(_add(details, "RmtInf"), "Ustrd", entry["remittance"][:_REMITTANCE_LENGTH_MAX])
    if entry["note"]:
        _add(node, "AddtlNtryInf", entry["note"])


def _add_code(node: ET.Element, entry: sqlite3.Row) -> None:
    if entry["transfer_id"] is None:
        _add(_add(node, "Prtry"), "Cd", _CHANNEL_CODES[entry["wallet_kind"]])
        return
    domain = _add(node, "Domn")
    _add(domain, "Cd", "PMNT")
    family = _add(domain, "Fmly")
    _add(family, "Cd", "ICDT")
    _add(family, "SubFmlyCd", "DMCT")


def _add_creditor(parties: ET.Element, entry: sqlite3.Row) -> None:
    if entry["creditor_name"]:
        party = _add(_add(parties, "Cdtr"), "Pty")
        _add(party, "Nm", entry["creditor_name"][:_NAME_LENGTH_MAX])
    account = _add(_add(_add(parties, "CdtrAcct"), "Id"), "Othr")
    _add(account, "Id", entry["creditor_account"])


def _statement_id(statement: Statement) -> str:
    account = hashlib.sha256(statement.account.account_no.encode()).hexdigest()[:8]
    return f"{statement.from_date:%Y%m%d}-{statement.to_date:%Y%m%d}-{account}"


def _instant_text(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    node = ET.SubElement(parent, name)
    node.text = text
    return node


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + ET.tostring(root, encoding="unicode").encode() + b"\n"
