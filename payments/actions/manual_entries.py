"""Booking by hand: one person asks, others agree, and the last agreement books it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from ledger.actions import approval_ends, approvals
from ledger.actions.approvals import Decider
from ledger.errors import AmountError, StaleApprovalError
from ledger.identifiers import new_id
from ledger.rounds import each
from ledger.states import ApprovalState
from payments import locks, states
from payments.actions import manual_entry_bookings, manual_entry_moves
from payments.actions.manual_entry_moves import Occasion
from payments.errors import (
    ManualEntryNotFoundError,
    ManualEntryReasonMissingError,
    ManualReasonMismatchError,
    NoMerchantAccountError,
    NothingToEndError,
)
from payments.models import (
    REASONS,
    ManualEntry,
    ManualEntryKind,
    MerchantAccount,
    ReserveHold,
)
from payments.queries.manual_entries import manual_entry_payload
from payments.states import ManualEntryStatus

APPROVAL_KIND = "manual_entry"

EXPIRED_AT_ONCE = 500
"""How many one call ends; the next call goes on."""


@dataclass(frozen=True, slots=True)
class ManualEntryRequest:
    """What somebody asks to have booked on one merchant's money, in minor units.

    `ends` is the freeze (man_…) of an unfreeze, or the hold (rsv_…) of a reserve release.
    `refers_to` is what it is about, in the maker's words.
    """

    kind: ManualEntryKind
    merchant_id: str
    currency: str
    amount_minor: int
    reason_code: str
    note: str
    refers_to: str = ""
    ends: str = ""


@transaction.atomic(durable=True)
def request_manual_entry(
    request: ManualEntryRequest,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> ManualEntry:
    """Do what `propose_manual_entry` does, as a deed of its own. Raises the same."""
    return propose_manual_entry(
        request, actor=actor, at=at, client_ip=client_ip, request_id=request_id
    )


def propose_manual_entry(
    request: ManualEntryRequest,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> ManualEntry:
    """Ask others to agree that something is booked by hand; no money moves yet. A part.

    Raises AmountError, ManualReasonMismatchError, NoMerchantAccountError, NothingToEndError, or
    ManualEntryTooLargeError when the books could not take it now; nothing is written then.
    """
    assert connection.in_atomic_block, "propose_manual_entry is a part"
    if request.amount_minor <= 0:
        raise AmountError
    if request.reason_code not in REASONS[request.kind] or not request.note.strip():
        raise ManualReasonMismatchError
    account = _locked_account(request)
    entry = ManualEntry(
        id=new_id("man"),
        kind=request.kind,
        merchant_account=account,
        amount_minor=request.amount_minor,
        currency=request.currency,
        reason_code=request.reason_code,
        note=request.note.strip(),
        refers_to=request.refers_to,
        freeze=_freeze_of(request, account),
        reserve_hold=_hold_of(request, account),
        maker=actor,
        created_at=at,
    )
    manual_entry_bookings.require_there(entry)
    entry.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="manual_entry",
        object_id=entry.pk,
        payload=manual_entry_payload(entry),
        maker=actor,
        at=at,
        amount_minor=entry.amount_minor,
        currency=entry.currency,
    )
    entry.save(force_insert=True)
    manual_entry_moves.tell(
        entry, Occasion(actor, at, client_ip=client_ip, request_id=request_id), what="requested"
    )
    return entry


@transaction.atomic(durable=True)
def approve_manual_entry(
    manual_entry_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ManualEntry:
    """Agree to exactly what was shown. The last agreement that is needed books it at once.

    So nothing that was agreed to waits for money that may be gone by then: what cannot be booked
    now is not approved now.

    Raises SelfApprovalError for the one who asked, StaleApprovalError when it is no longer what
    was shown, OverdrawnError or ManualEntryTooLargeError when the money is gone, IllegalMoveError,
    ApprovalExpiredError, AlreadyDecidedError or ManualEntryNotFoundError; nothing is written then.
    """
    entry = _locked(manual_entry_id)
    states.MANUAL_ENTRY.require_move(entry.status, ManualEntryStatus.BOOKED)
    if approvals.digest_of(manual_entry_payload(entry)) != shown_digest:
        raise StaleApprovalError(object_id=entry.pk)
    request = approvals.decide(
        entry.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        if not approvals.execute_unchanged({request.pk: manual_entry_payload(entry)}, at=at):
            raise StaleApprovalError(object_id=entry.pk)
        manual_entry_bookings.book(entry, at=at)
        manual_entry_moves.move(entry, ManualEntryStatus.BOOKED, Occasion.of(decider, at=at))
    return entry


@transaction.atomic(durable=True)
def reject_manual_entry(
    manual_entry_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ManualEntry:
    """Say no. No money moves.

    Raises ManualEntryReasonMissingError and what `approve_manual_entry` raises of approvals;
    nothing is written then.
    """
    _require_reason(reason)
    entry = _locked(manual_entry_id)
    states.MANUAL_ENTRY.require_move(entry.status, ManualEntryStatus.REJECTED)
    approvals.decide(
        entry.approval_id,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    manual_entry_moves.move(
        entry, ManualEntryStatus.REJECTED, Occasion.of(decider, at=at, reason=reason)
    )
    return entry


@transaction.atomic(durable=True)
def cancel_manual_entry(
    manual_entry_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ManualEntry:
    """Withdraw one that nobody has booked; its approval ends with it. No money moves.

    Raises ManualEntryReasonMissingError, ManualEntryNotFoundError or IllegalMoveError; nothing is
    written then.
    """
    _require_reason(reason)
    entry = _locked(manual_entry_id)
    states.MANUAL_ENTRY.require_move(entry.status, ManualEntryStatus.CANCELLED)
    approvals.void(entry.approval, at=at)
    occasion = Occasion(actor, at, client_ip=client_ip, request_id=request_id, reason=reason)
    manual_entry_moves.move(entry, ManualEntryStatus.CANCELLED, occasion)
    return entry


def expire_manual_entries(*, actor: str, at: datetime) -> int:
    """End those on which nobody decided in time; return how many. No money moves.

    Each is its own transaction; doing it again does nothing more.
    """
    waiting = ManualEntry.objects.filter(
        status=ManualEntryStatus.PENDING_APPROVAL, approval__expires_at__lte=at
    )
    ids = list(waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:EXPIRED_AT_ONCE])
    return each(partial(_expire, entry_id, actor=actor, at=at) for entry_id in ids)


@transaction.atomic(durable=True)
def _expire(manual_entry_id: str, *, actor: str, at: datetime) -> bool:
    """End one, unless somebody has just decided on it; tell whether it was ended."""
    entry = _locked(manual_entry_id)
    if entry.status != ManualEntryStatus.PENDING_APPROVAL:
        return False
    approval_ends.end_expired(entry.approval, actor=actor, at=at)
    manual_entry_moves.move(entry, ManualEntryStatus.EXPIRED, Occasion(actor, at))
    return True


def _locked(manual_entry_id: str) -> ManualEntry:
    try:
        return locks.locked_manual_entry(manual_entry_id)
    except ManualEntry.DoesNotExist:
        raise ManualEntryNotFoundError from None


def _locked_account(request: ManualEntryRequest) -> MerchantAccount:
    found = locks.locked_merchant_accounts([request.merchant_id], currency=request.currency)
    if request.merchant_id not in found:
        raise NoMerchantAccountError(currency=request.currency)
    return found[request.merchant_id]


def _freeze_of(request: ManualEntryRequest, account: MerchantAccount) -> ManualEntry | None:
    if request.kind != ManualEntryKind.UNFREEZE:
        return None
    freeze = ManualEntry.objects.filter(
        pk=request.ends,
        merchant_account=account,
        kind=ManualEntryKind.FREEZE,
        status=ManualEntryStatus.BOOKED,
    ).first()
    if freeze is None:
        raise NothingToEndError
    return freeze


def _hold_of(request: ManualEntryRequest, account: MerchantAccount) -> ReserveHold | None:
    if request.kind != ManualEntryKind.RESERVE_RELEASE:
        return None
    hold = ReserveHold.objects.filter(pk=request.ends, merchant_account=account).first()
    if hold is None:
        raise NothingToEndError
    return hold


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ManualEntryReasonMissingError
