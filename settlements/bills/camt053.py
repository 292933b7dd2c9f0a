"""Read bank statements: ISO 20022 camt.053, versions .08 and .02, and prove that they are whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy as _

from ledger import money
from settlements.bills import iso20022
from settlements.bills.base import (
    BalanceProofError,
    BalanceProofImpossibleError,
    BankStatement,
    BillInvalidError,
    BillLine,
    Direction,
)
from settlements.bills.documents import Node, read_document

NAMESPACES: Final = (
    f"{iso20022.NAMESPACE}camt.053.001.02",
    f"{iso20022.NAMESPACE}camt.053.001.08",
)


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance that a statement names; `code` is the ISO code of its kind (OPBD, CLBD …).

    `amount_minor` is below zero when the account was overdrawn.
    """

    code: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class UnprovenStatement:
    """A statement as it was read: readable, but nobody has shown that it is whole."""

    message_id: str
    statement_id: str
    account_no: str
    currency: str
    balances: tuple[Balance, ...]
    from_date: date | None
    to_date: date | None
    lines: tuple[BillLine, ...]
    entries_left_out: int

    def proved(self) -> BankStatement:
        """Show that the opening balance and all movements give the closing balance.

        Raises BalanceProofError if they do not, BalanceProofImpossibleError if a balance is
        missing or not all amounts are of one currency.
        """
        opening = self._only_balance("OPBD", "PRCD")
        closing = self._only_balance("CLBD")
        currencies = {opening.currency, closing.currency, self.currency}
        currencies |= {line.currency for line in self.lines}
        if len(currencies) > 1:
            raise BalanceProofImpossibleError(
                _(
                    "Statement %(statement)s has amounts in several currencies (%(currencies)s),"
                    " so it cannot be proved complete. Nothing was booked."
                ),
                statement=self.statement_id,
                currencies=", ".join(sorted(currencies)),
            )
        movements_minor = sum(line.signed_minor for line in self.lines)
        expected_minor = opening.amount_minor + movements_minor
        if expected_minor != closing.amount_minor:
            raise BalanceProofError(
                statement=self.statement_id,
                opening=money.to_decimal_text(opening.amount_minor, self.currency),
                movements=money.to_decimal_text(movements_minor, self.currency),
                expected=money.to_decimal_text(expected_minor, self.currency),
                closing=money.to_decimal_text(closing.amount_minor, self.currency),
                currency=self.currency,
            )
        return BankStatement(
            message_id=self.message_id,
            statement_id=self.statement_id,
            account_no=self.account_no,
            currency=self.currency,
            opening_minor=opening.amount_minor,
            closing_minor=closing.amount_minor,
            from_date=self.from_date,
            to_date=self.to_date,
            lines=self.lines,
            entries_left_out=self.entries_left_out,
        )

    def _only_balance(self, *codes: str) -> Balance:
        """Give the one balance of the first kind that is there.

        Raises BalanceProofImpossibleError if there is none, or more than one of that kind.
        """
        for code in codes:
            found = [balance for balance in self.balances if balance.code == code]
            if len(found) == 1:
                return found[0]
            if found:
                break
        raise BalanceProofImpossibleError(statement=self.statement_id, balance=codes[0])


def read_bank_statements(data: bytes) -> tuple[UnprovenStatement, ...]:
    """Read all statements of a camt.053 file as they stand; nothing is proved yet.

    Raises a BillError: the file is not readable, not this message, or lacks something.
    """
    document = read_document(data, namespaces=NAMESPACES)
    message_id = iso20022.reference(document, "BkToCstmrStmt/GrpHdr/MsgId", required=True)
    return tuple(
        _statement(node, message_id=message_id) for node in document.each("BkToCstmrStmt/Stmt")
    )


def _statement(node: Node, *, message_id: str) -> UnprovenStatement:
    """Read one statement."""
    balances = tuple(_balance(balance) for balance in node.each("Bal"))
    currency = node.text("Acct/Ccy") or (balances[0].currency if balances else "")
    if not currency:
        raise BillInvalidError(place="Acct/Ccy", found="—")

    lines: list[BillLine] = []
    entries_left_out = 0
    for entry in node.each("Ntry"):
        found = _lines(entry, first_line_no=len(lines) + 1)
        entries_left_out += not found
        lines += found
    return UnprovenStatement(
        message_id=message_id,
        statement_id=iso20022.reference(node, "Id", required=True),
        account_no=node.required("Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        currency=currency,
        balances=balances,
        from_date=iso20022.local_date(node, "FrToDt/FrDtTm"),
        to_date=iso20022.local_date(node, "FrToDt/ToDtTm"),
        lines=tuple(lines),
        entries_left_out=entries_left_out,
    )


def _balance(node: Node) -> Balance:
    """Read one balance."""
    amount_minor, currency = iso20022.amount(node.required_node("Amt"))
    if iso20022.direction(node) is Direction.DEBIT:
        amount_minor = -amount_minor
    return Balance(node.text("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry"), amount_minor, currency)


def _lines(entry: Node, *, first_line_no: int) -> list[BillLine]:
    """Read one entry: a line, one line for each of its transfers, or none.

    An entry that is not booked (pending, for information) or moved nothing gives none. Banks may
    book a whole payment file as one entry: it becomes lines where its transfers carry amounts
    that add up to it; else it stays one line without our number, for a person to look at.
    """
    amount_minor, currency = iso20022.amount(entry.required_node("Amt"))
    # .08 puts the code of the status inside, .02 writes it bare.
    if entry.required("Sts/Cd", "Sts") != "BOOK" or amount_minor == 0:
        return []

    details = entry.each("NtryDtls/TxDtls")
    parts = _parts(entry, details, amount_minor=amount_minor, currency=currency)
    if parts:
        return [
            _line(
                entry, detail, line_no=first_line_no + index, signed_minor=part, currency=currency
            )
            for index, (detail, part) in enumerate(zip(details, parts, strict=True))
        ]
    whole = amount_minor if iso20022.direction(entry) is Direction.CREDIT else -amount_minor
    detail = details[0] if len(details) == 1 else None
    return [_line(entry, detail, line_no=first_line_no, signed_minor=whole, currency=currency)]


def _parts(entry: Node, details: Sequence[Node], *, amount_minor: int, currency: str) -> list[int]:
    """Give the signed amounts of an entry's transfers if they are the entry; else nothing."""
    if len(details) < 2:
        return []
    sign = 1 if iso20022.direction(entry) is Direction.CREDIT else -1
    parts = []
    for detail in details:
        node = detail.first("Amt") or detail.first("AmtDtls/TxAmt/Amt")
        if node is None:
            return []
        part_minor, part_currency = iso20022.amount(node)
        if part_currency != currency or part_minor == 0:
            return []
        if detail.text("CdtDbtInd"):
            part_sign = 1 if iso20022.direction(detail) is Direction.CREDIT else -1
        else:
            part_sign = sign
        parts.append(part_sign * part_minor)
    return parts if sum(parts) == sign * amount_minor else []


def _line(
    entry: Node, detail: Node | None, *, line_no: int, signed_minor: int, currency: str
) -> BillLine:
    """Read a line from an entry and, where it has one, the transfer behind it."""
    own = detail or entry
    returned = own.first("RtrInf")
    return BillLine(
        line_no=line_no,
        amount_minor=abs(signed_minor),
        currency=currency,
        direction=Direction.CREDIT if signed_minor > 0 else Direction.DEBIT,
        is_reversal=entry.text("RvslInd") in ("true", "1") or returned is not None,
        booking_date=iso20022.local_date(entry, "BookgDt/Dt", "BookgDt/DtTm"),
        bank_reference=iso20022.reference(own, "Refs/AcctSvcrRef")
        or iso20022.reference(entry, "AcctSvcrRef"),
        end_to_end_id=iso20022.reference(own, "Refs/EndToEndId"),
        reason_code="" if returned is None else returned.text("Rsn/Cd", "Rsn/Prtry"),
        remittance_text=_remittance(entry, own),
        code=_code(own) or _code(entry),
    )


def _remittance(entry: Node, own: Node) -> str:
    """Give what the payer wrote, else the reference of an invoice, else the bank's own words."""
    return (
        iso20022.joined_text(own, "RmtInf/Ustrd")
        or iso20022.joined_text(own, "RmtInf/Strd/CdtrRefInf/Ref")
        or own.text("AddtlTxInf")
        or entry.text("AddtlNtryInf")
    )


def _code(node: Node) -> str:
    """Give the kind of a movement: domain, family and sub-family, or the bank's own code."""
    parts = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
    return "/".join(filter(None, map(node.text, parts))) or node.text("BkTxCd/Prtry/Cd")
