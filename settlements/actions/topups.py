"""Money that went from our bank account to a channel's wallet: named by one, booked by another."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from ledger.actions import approvals, journal
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.queries.periods import first_open
from ledger.states import ApprovalState
from payments.actions.events import record_event
from payments.models import ChannelAccount, ChannelKind
from payments.queries.calendar import business_date_of
from settlements import locks
from settlements.errors import NotATopUpError, ReasonMissingError
from settlements.models import BillLine, BillLineState
from settlements.postings import channels as postings
from settlements.queries.wallets import TOPUP_KIND, topup_request

APPROVAL_KIND: Final = TOPUP_KIND


@transaction.atomic(durable=True)
def propose_wallet_topup(
    channel_account_id: str,
    *,
    bill_line_id: int,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Say that an open debit on a bank statement filled our wallet at a channel. Books nothing.

    Raises ReasonMissingError, NotATopUpError, or ApprovalClosedError when it was said before;
    nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    line = _locked_line(bill_line_id)
    wallet = _wallet(channel_account_id, line)
    request = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="bill_line",
        object_id=str(line.pk),
        payload=topup_payload(line, wallet),
        maker=actor,
        at=at,
        amount_minor=line.amount_minor,
        currency=line.currency,
    )
    record_audit(
        action="wallet_topup.proposed",
        subject=str(line),
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=topup_payload(line, wallet),
    )
    return request


@transaction.atomic(durable=True)
def approve_wallet_topup(
    bill_line_id: int, *, shown_digest: bytes, decider: Decider, at: datetime
) -> BillLine:
    """Agree to what was shown: it is booked on the bank's day (E20), and the line is matched.

    When the books of that day are closed it is booked on the first open one.

    Raises NotATopUpError, SelfApprovalError, StaleApprovalError, ApprovalClosedError,
    ApprovalExpiredError or AlreadyDecidedError; nothing is written then.
    """
    line = _locked_line(bill_line_id)
    request = _open_request(line)
    wallet = _wallet(str(request.payload["wallet"]), line)
    request = approvals.decide(
        request.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return line
    if not approvals.execute_unchanged({request.pk: topup_payload(line, wallet)}, at=at):
        raise StaleApprovalError(object_id=str(line))
    line.entry_id = journal.post_entry(
        postings.wallet_topped_up(
            source=f"bank:{line.bill_id}/{line.line_no}:topup",
            subject=wallet.pk,
            channel_account_id=wallet.pk,
            bank_account_id=line.bill.channel_account_id,
            amount_minor=line.amount_minor,
            currency=line.currency,
            effective_date=first_open(line.booking_date or business_date_of(at)),
            at=at,
        )
    )
    line.state = BillLineState.MATCHED
    line.reason = ""
    line.save(update_fields=["entry", "state", "reason"])
    record_event(
        kind="wallet.topped_up",
        subject=wallet.pk,
        at=at,
        payload={"amount": line.amount_minor, "currency": line.currency, "line": str(line)},
    )
    return line


@transaction.atomic(durable=True)
def reject_wallet_topup(
    bill_line_id: int, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> BillLine:
    """Say no: the line stays open, and may be named anew.

    Raises ReasonMissingError and what `approve_wallet_topup` raises; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    line = _locked_line(bill_line_id)
    approvals.decide(
        _open_request(line).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return line


def _locked_line(bill_line_id: int) -> BillLine:
    try:
        return locks.locked_bill_line(bill_line_id)
    except BillLine.DoesNotExist as error:
        raise NotATopUpError from error


def _wallet(channel_account_id: str, line: BillLine) -> ChannelAccount:
    """Return the wallet that an open debit can have filled."""
    wallet = (
        ChannelAccount.objects.filter(pk=channel_account_id, currency=line.currency)
        .exclude(channel=ChannelKind.BANK)
        .first()
    )
    is_open_debit = line.state == BillLineState.OPEN and line.direction == "debit"
    if wallet is None or not is_open_debit or line.payout_id is not None:
        raise NotATopUpError
    if wallet.settles_to_id != line.bill.channel_account_id or line.booking_date is None:
        raise NotATopUpError
    return wallet


def _open_request(line: BillLine) -> ApprovalRequest:
    request = topup_request(line.pk)
    if request is None or request.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=str(line))
    return request


def topup_payload(line: BillLine, wallet: ChannelAccount) -> dict[str, Any]:
    """Return what people are shown and agree to."""
    return {
        "wallet": wallet.pk,
        "bill": line.bill_id,
        "line_no": line.line_no,
        "amount_minor": line.amount_minor,
        "currency": line.currency,
        "booking_date": line.booking_date.isoformat() if line.booking_date else "",
        "bank_reference": line.bank_reference,
    }
