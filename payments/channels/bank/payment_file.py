"""Write the file that asks our bank to pay: ISO 20022 pain.001.001.09.

One file, one debtor account, one currency. The same content always gives the same bytes, so
what two people approved can be compared with what was sent.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from xml.etree import ElementTree as ET

from ledger import money

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

REFERENCE_LENGTH_MAX: Final = 35
NAME_LENGTH_MAX: Final = 140
ACCOUNT_LENGTH_MAX: Final = 34
AMOUNT_DIGITS_MAX: Final = 18

# The letters that SWIFT and the European banks agree on, and the underscore of our own ids,
# which the schema allows.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ _]{1,35}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]{0,33}")
_IBAN_SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CNAPS: Final = re.compile(r"[0-9]{12}")


class PaymentFileError(Exception):
    """The file would not be what a bank can carry out; nothing was written.

    `field` names what is wrong, `end_to_end_id` the transfer if it is about one, and `reason`
    says why. Correct the data and write the file again.
    """

    def __init__(self, reason: str, *, field: str, end_to_end_id: str = "") -> None:
        """Keep what is wrong, and where."""
        where = f" of transfer {end_to_end_id}" if end_to_end_id else ""
        super().__init__(f"{field}{where}: {reason}")
        self.reason = reason
        self.field = field
        self.end_to_end_id = end_to_end_id


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer to one creditor; `end_to_end_id` is our number for it, for ever.

    `creditor_account` is an IBAN or the bank's own account number (never shown in a
    representation). `creditor_bank_code` is a CNAPS number of twelve digits (联行号) or a BIC;
    it may be empty for an IBAN only. `instruction_id` and `remittance_text` may be empty.
    `amount_minor` is in minor units of `currency`.
    """

    end_to_end_id: str
    amount_minor: int
    currency: str
    creditor_name: str
    creditor_account: str
    creditor_bank_code: str = ""
    remittance_text: str = ""
    instruction_id: str = ""

    def __repr__(self) -> str:
        """Show which transfer it is, not whose account."""
        return f"Transfer({self.end_to_end_id!r}, {self.amount_minor}, {self.currency!r})"


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """One order to our bank to carry out transfers from one account of ours.

    `message_id` is unique for ever: banks refuse to carry out the same one twice. `created_at`
    is aware; `execution_date` is the bank's local calendar day.
    """

    message_id: str
    created_at: datetime
    execution_date: date
    currency: str
    debtor_name: str
    debtor_account: str
    debtor_bank_code: str
    transfers: tuple[Transfer, ...]

    @property
    def total_minor(self) -> int:
        """The control sum in minor units."""
        return sum(transfer.amount_minor for transfer in self.transfers)


def render_payment_file(file: PaymentFile) -> bytes:
    """Write a payment file, valid against the schema, in UTF-8.

    Raises PaymentFileError if something in it is not what a bank can carry out, and
    UnknownCurrencyError for a currency that we do not know.
    """
    _require_sound(file)
    root = ET.Element("Document", {"xmlns": NAMESPACE})
    initiation = ET.SubElement(root, "CstmrCdtTrfInitn")

    header = ET.SubElement(initiation, "GrpHdr")
    _add(header, "MsgId", _reference(file.message_id, field="message_id"))
    created_at = file.created_at.astimezone(UTC).replace(microsecond=0)
    _add(header, "CreDtTm", created_at.isoformat())
    _add_sums(header, file)
    _add(header, "InitgPty/Nm", _name(file.debtor_name, field="debtor_name"))

    payment = ET.SubElement(initiation, "PmtInf")
    _add(payment, "PmtInfId", file.message_id)
    _add(payment, "PmtMtd", "TRF")
    _add_sums(payment, file)
    _add(payment, "ReqdExctnDt/Dt", file.execution_date.isoformat())
    _add(payment, "Dbtr/Nm", _name(file.debtor_name, field="debtor_name"))
    account = _add_account(payment, "DbtrAcct", file.debtor_account, field="debtor_account")
    _add(account, "Ccy", file.currency)
    _add_bank(payment, "DbtrAgt", file.debtor_bank_code, field="debtor_bank_code")
    for transfer in file.transfers:
        _add_transfer(payment, transfer)

    ET.indent(root)
    document: bytes = ET.tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + document + b"\n"


def _require_sound(file: PaymentFile) -> None:
    """Check what concerns the file as a whole. Raises PaymentFileError."""
    if file.created_at.utcoffset() is None:
        raise PaymentFileError("must be aware", field="created_at")
    if not file.transfers:
        raise PaymentFileError("a file without a transfer", field="transfers")
    if not file.debtor_bank_code:
        raise PaymentFileError("must not be empty", field="debtor_bank_code")
    _amount_text(file.total_minor, file.currency, end_to_end_id="")

    seen: set[str] = set()
    for transfer in file.transfers:
        number = transfer.end_to_end_id
        if number in seen:
            raise PaymentFileError(
                "is in the file twice", field="end_to_end_id", end_to_end_id=number
            )
        seen.add(number)
        if transfer.currency != file.currency:
            raise PaymentFileError("not the file's", field="currency", end_to_end_id=number)


def _add_sums(parent: ET.Element, file: PaymentFile) -> None:
    """Add the count and the control sum, by which the bank finds a file that was cut."""
    _add(parent, "NbOfTxs", str(len(file.transfers)))
    _add(parent, "CtrlSum", money.to_decimal_text(file.total_minor, file.currency))


def _add_transfer(payment: ET.Element, transfer: Transfer) -> None:
    """Add one transfer. Raises PaymentFileError if a part of it cannot be written."""
    number = transfer.end_to_end_id
    node = ET.SubElement(payment, "CdtTrfTxInf")

    ids = ET.SubElement(node, "PmtId")
    if transfer.instruction_id:
        instruction_id = _reference(
            transfer.instruction_id, field="instruction_id", end_to_end_id=number
        )
        _add(ids, "InstrId", instruction_id)
    _add(ids, "EndToEndId", _reference(number, field="end_to_end_id", end_to_end_id=number))

    amount = _amount_text(transfer.amount_minor, transfer.currency, end_to_end_id=number)
    _add(node, "Amt/InstdAmt", amount).set("Ccy", transfer.currency)
    if transfer.creditor_bank_code:
        _add_bank(
            node,
            "CdtrAgt",
            transfer.creditor_bank_code,
            field="creditor_bank_code",
            end_to_end_id=number,
        )
    elif not _IBAN_SHAPE.fullmatch(transfer.creditor_account):
        raise PaymentFileError(
            "needed where the account is not an IBAN",
            field="creditor_bank_code",
            end_to_end_id=number,
        )
    name = _name(transfer.creditor_name, field="creditor_name", end_to_end_id=number)
    _add(node, "Cdtr/Nm", name)
    _add_account(
        node, "CdtrAcct", transfer.creditor_account, field="creditor_account", end_to_end_id=number
    )
    if transfer.remittance_text:
        text = _name(transfer.remittance_text, field="remittance_text", end_to_end_id=number)
        _add(node, "RmtInf/Ustrd", text)


def _add_account(
    parent: ET.Element, tag: str, account: str, *, field: str, end_to_end_id: str = ""
) -> ET.Element:
    """Add an account: as an IBAN if it is one, else as the bank's own number.

    Raises PaymentFileError for what is neither, and for an IBAN with wrong check digits: sent
    as another number, it would reach nobody or a stranger.
    """
    node = ET.SubElement(parent, tag)
    if _IBAN_SHAPE.fullmatch(account):
        if not _has_iban_check_digits(account):
            raise PaymentFileError(
                "an IBAN with wrong check digits", field=field, end_to_end_id=end_to_end_id
            )
        _add(node, "Id/IBAN", account)
    elif _ACCOUNT.fullmatch(account):
        _add(node, "Id/Othr/Id", account)
    else:
        raise PaymentFileError(
            "must be 1 to 34 letters, digits or hyphens", field=field, end_to_end_id=end_to_end_id
        )
    return node


def _add_bank(
    parent: ET.Element, tag: str, code: str, *, field: str, end_to_end_id: str = ""
) -> None:
    """Add a bank by its number in the Chinese clearing (CNAPS) or by its BIC.

    Raises PaymentFileError for a code that is neither.
    """
    node = ET.SubElement(ET.SubElement(parent, tag), "FinInstnId")
    if _CNAPS.fullmatch(code):
        member = ET.SubElement(node, "ClrSysMmbId")
        _add(member, "ClrSysId/Cd", "CNAPS")
        _add(member, "MmbId", code)
    elif _BIC.fullmatch(code):
        _add(node, "BICFI", code)
    else:
        raise PaymentFileError(
            "neither a CNAPS number nor a BIC", field=field, end_to_end_id=end_to_end_id
        )


def _add(parent: ET.Element, path: str, text: str) -> ET.Element:
    """Add elements along a path, the text in the last one."""
    node = parent
    for tag in path.split("/"):
        node = ET.SubElement(node, tag)
    node.text = text
    return node


def _amount_text(amount_minor: int, currency: str, *, end_to_end_id: str) -> str:
    """Write an amount. Raises PaymentFileError unless it is positive and has at most 18 digits."""
    if not 0 < amount_minor < 10**AMOUNT_DIGITS_MAX:
        raise PaymentFileError(
            "must be above zero and have at most 18 digits",
            field="amount_minor",
            end_to_end_id=end_to_end_id,
        )
    return money.to_decimal_text(amount_minor, currency)


def _reference(text: str, *, field: str, end_to_end_id: str = "") -> str:
    """Give a reference back if every bank passes it on unchanged. Raises PaymentFileError."""
    # A slash at an end, or two in a row, would be read as a code word by SWIFT.
    slashes = text.startswith("/") or text.endswith("/") or "//" in text
    if not _REFERENCE.fullmatch(text) or text != text.strip() or slashes:
        raise PaymentFileError(
            "must be 1 to 35 letters that banks pass on", field=field, end_to_end_id=end_to_end_id
        )
    return text


def _name(text: str, *, field: str, end_to_end_id: str = "") -> str:
    """Give a name or a text back if it can be written as it is; nothing is cut or replaced.

    Letters of every script pass. Raises PaymentFileError for one that is empty, longer than 140
    letters, or has control, invisible or private letters.
    """
    plain = not any(unicodedata.category(letter)[0] == "C" for letter in text)
    if not plain or text != text.strip() or not 0 < len(text) <= NAME_LENGTH_MAX:
        raise PaymentFileError(
            "must be 1 to 140 visible letters", field=field, end_to_end_id=end_to_end_id
        )
    return text


def _has_iban_check_digits(iban: str) -> bool:
    """Tell whether the two check digits fit the rest (ISO 7064, modulo 97)."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1
