"""Importing what the bank sends: reports on payouts, and statements of our account."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from ledger import encryption
from ledger.actions.audit import record_audit
from payments.actions.events import record_event
from payments.models import ChannelAccount, ChannelKind
from settlements import locks
from settlements.actions import reports, statement_lines
from settlements.bills.bank import parse_bank_statement, parse_payment_report
from settlements.bills.base import BankStatement, BillUnsupportedError, PaymentReport
from settlements.errors import BillMessageReusedError, WrongBankAccountError
from settlements.models import Bill, BillKind
from settlements.queries.bills import bill_content

Parsed = BankStatement | PaymentReport


def import_bill(*, bank_account_id: str, content: bytes, actor: str, at: datetime) -> Bill:
    """Import a pain.002 or camt.053 file of one of our bank accounts, once.

    A report moves payouts; a statement books what it shows and is known here (E09, E13a), and
    keeps the rest as open lines with their reason. The same bytes, or the same message in other
    bytes, change nothing and return the first bill.

    Raises a BillError (too large, unreadable, balances that do not add up),
    WrongBankAccountError or BillMessageReusedError; nothing is written then.
    """
    parsed = _read(content)
    return _import(parsed, bank_account_id=bank_account_id, content=content, actor=actor, at=at)


def _read(content: bytes) -> Parsed:
    """Read a file as whichever of the two messages it is. Raises BillError."""
    try:
        return parse_payment_report(content)
    except BillUnsupportedError:
        return parse_bank_statement(content)


@transaction.atomic(durable=True)
def _import(
    parsed: Parsed, *, bank_account_id: str, content: bytes, actor: str, at: datetime
) -> Bill:
    bank_account = _locked_account(bank_account_id)
    sha256 = hashlib.sha256(content).digest()
    known = Bill.objects.filter(channel_account=bank_account, sha256=sha256).first()
    known = known or _same_message(parsed, bank_account=bank_account)
    if known is not None:
        return known
    if isinstance(parsed, BankStatement):
        _require_account(parsed, bank_account)
    bill = _bill(parsed, bank_account=bank_account, sha256=sha256, actor=actor, at=at)
    bill.content_encrypted = encryption.encrypt(content.decode("latin-1"), aad=bill.content_place)
    bill.save(force_insert=True)
    facts = _carry_out(parsed, bill=bill, bank_account=bank_account, actor=actor, at=at)
    record_event(kind="bill.imported", subject=bill.pk, at=at, payload=facts)
    record_audit(action="bill.imported", subject=bill.pk, actor=actor, at=at, after=facts)
    return bill


def _locked_account(bank_account_id: str) -> ChannelAccount:
    try:
        account = locks.locked_bank_account(bank_account_id)
    except ChannelAccount.DoesNotExist as error:
        raise WrongBankAccountError from error
    if account.channel != ChannelKind.BANK:
        raise WrongBankAccountError
    return account


def _same_message(parsed: Parsed, *, bank_account: ChannelAccount) -> Bill | None:
    """Return the bill that this message became before, if it was imported in other bytes."""
    earlier = Bill.objects.filter(
        channel_account=bank_account, kind=_kind(parsed), message_id=parsed.message_id
    ).first()
    if earlier is not None and _read(bill_content(earlier)) != parsed:
        raise BillMessageReusedError(message_id=parsed.message_id)
    return earlier


def _kind(parsed: Parsed) -> BillKind:
    is_statement = isinstance(parsed, BankStatement)
    return BillKind.BANK_STATEMENT if is_statement else BillKind.PAYMENT_REPORT


def _require_account(statement: BankStatement, bank_account: ChannelAccount) -> None:
    told = "".join(statement.account_no.split()).upper()
    ours = "".join(bank_account.merchant_no.split()).upper()
    if (told, statement.currency) != (ours, bank_account.currency):
        raise WrongBankAccountError


def _bill(
    parsed: Parsed, *, bank_account: ChannelAccount, sha256: bytes, actor: str, at: datetime
) -> Bill:
    bill = Bill(
        channel_account=bank_account,
        kind=_kind(parsed),
        message_id=parsed.message_id,
        sha256=sha256,
        imported_by=actor,
        imported_at=at,
    )
    if isinstance(parsed, BankStatement):
        bill.line_count = len(parsed.lines)
        bill.opening_minor = parsed.opening_minor
        bill.closing_minor = parsed.closing_minor
    else:
        bill.line_count = len(parsed.results)
    return bill


def _carry_out(
    parsed: Parsed, *, bill: Bill, bank_account: ChannelAccount, actor: str, at: datetime
) -> dict[str, Any]:
    """Do what the file says, and return what came of it, for the audit."""
    facts: dict[str, Any] = {"kind": str(bill.kind), "message_id": bill.message_id}
    if isinstance(parsed, BankStatement):
        return facts | statement_lines.book_lines(
            parsed, bill=bill, bank_account=bank_account, actor=actor, at=at
        )
    return facts | reports.record_report(parsed, bank_account=bank_account, actor=actor, at=at)
