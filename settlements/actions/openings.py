"""Opening balances: handed in by one person, agreed to by another, and only then booked (E19)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from django.db import transaction

from ledger import jobs
from ledger.actions import approval_ends, approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.queries.approvals import people_needed
from ledger.rounds import each
from ledger.states import ApprovalState
from settlements import locks
from settlements.errors import ReasonMissingError
from settlements.models import Opening, OpeningRow
from settlements.queries.openings import (
    OpeningPreview,
    digest_of_rows,
    moved_by_currency,
    opening_payload,
    preview_opening,
    require_openable,
)
from settlements.states import OPENING, OpeningStatus

APPROVAL_KIND: Final = "opening"
FILE_NAME_LENGTH_MAX: Final = 120
ROWS_AT_ONCE: Final = 2_000


@transaction.atomic(durable=True)
def ask_opening(
    content: bytes,
    *,
    file_name: str,
    opening_date: date,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Opening:
    """Hand in a file of opening balances, for another person to agree to. Books nothing.

    Raises ReasonMissingError, OpeningFileError with every fault by its line, OpeningSeenError or
    OpeningDateError; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    locks.hold_openings()
    preview = preview_opening(content, opening_date=opening_date, at=at)
    opening = _kept(preview, file_name=file_name, opening_date=opening_date, actor=actor, at=at)
    payload = opening_payload(opening)
    tier = _strictest(payload["totals"])
    opening.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="opening",
        object_id=opening.pk,
        payload=payload,
        maker=actor,
        at=at,
        required=tier.required,
        amount_minor=tier.amount_minor,
        currency=tier.currency,
    )
    opening.save(update_fields=["approval"])
    record_audit(
        action="opening.asked",
        subject=opening.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=payload,
    )
    return opening


@transaction.atomic(durable=True)
def approve_opening(
    opening_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> Opening:
    """Agree to exactly what was shown; a worker books it then.

    Raises OpeningNotFoundError, OpeningDateError, SelfApprovalError, StaleApprovalError,
    ApprovalClosedError, ApprovalExpiredError or AlreadyDecidedError; nothing is written then.
    """
    locks.hold_openings()
    opening = locks.locked_opening(opening_id)
    request = approvals.decide(
        _open_request(opening).pk,
        is_approved=True,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
    )
    if request.state != ApprovalState.APPROVED:
        return opening
    require_openable(opening.opening_date, at=at)
    if not approvals.execute_unchanged({request.pk: opening_payload(opening)}, at=at):
        raise StaleApprovalError(object_id=opening.pk)
    _move(opening, OpeningStatus.APPROVED)
    jobs.defer("settlements.book_opening", at=at, opening_id=opening.pk)
    return opening


@transaction.atomic(durable=True)
def reject_opening(
    opening_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> Opening:
    """Say no: nothing of it is booked, and a corrected file, or the same, may be handed in.

    Raises ReasonMissingError and what `approve_opening` raises; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    opening = locks.locked_opening(opening_id)
    approvals.decide(
        _open_request(opening).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    _move(opening, OpeningStatus.REJECTED)
    return opening


@transaction.atomic(durable=True)
def withdraw_opening(
    opening_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Opening:
    """Take back a file that nobody agreed to yet, also when nobody may any more.

    Raises ReasonMissingError, OpeningNotFoundError or IllegalMoveError; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    opening = locks.locked_opening(opening_id)
    _move(opening, OpeningStatus.REJECTED)
    if opening.approval is not None:
        approvals.void(opening.approval, at=at)
    record_audit(
        action="opening.withdrawn",
        subject=opening.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
    )
    return opening


@dataclass(frozen=True, slots=True)
class _Tier:
    """What one currency of a file asks for."""

    needs_head: bool
    required: int
    amount_minor: int
    currency: str


def _strictest(totals: Iterable[tuple[str, str, int, int]]) -> _Tier:
    """Return the tier of a whole file: the amount of the currency that asks for the most.

    That is a finance head before any number of people. Amounts of different currencies are not
    added; where another currency asks for more people, so many must agree.
    """
    tiers = []
    for currency, minor in moved_by_currency(totals).items():
        needed = people_needed(kind=APPROVAL_KIND, amount_minor=minor, currency=currency)
        tiers.append(_Tier(needed.needs_head, needed.required, minor, currency))
    strictest = max(tiers, key=lambda tier: (tier.needs_head, tier.required, tier.amount_minor))
    return replace(strictest, required=max(tier.required for tier in tiers))


def expire_openings(*, actor: str, at: datetime) -> int:
    """Give up files on which nobody decided in time; return how many. They may be handed in again.

    Each is its own transaction; doing it again does nothing more.
    """
    waiting = Opening.objects.filter(status=OpeningStatus.ASKED, approval__expires_at__lte=at)
    ids = list(waiting.order_by("created_at", "pk").values_list("pk", flat=True))
    return each(partial(_expire, opening_id, actor=actor, at=at) for opening_id in ids)


@transaction.atomic(durable=True)
def _expire(opening_id: str, *, actor: str, at: datetime) -> bool:
    """Give one up, unless somebody has just decided on it; tell whether it was given up."""
    opening = locks.locked_opening(opening_id)
    if opening.status != OpeningStatus.ASKED:
        return False
    assert opening.approval is not None, "what was asked has its request"
    approval_ends.end_expired(opening.approval, actor=actor, at=at)
    _move(opening, OpeningStatus.REJECTED)
    return True


def _open_request(opening: Opening) -> ApprovalRequest:
    request = opening.approval
    if request is None or request.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=opening.pk)
    return request


def _move(opening: Opening, status: OpeningStatus) -> None:
    OPENING.require_move(opening.status, status)
    opening.status = status
    opening.save(update_fields=["status"])


def _kept(
    preview: OpeningPreview, *, file_name: str, opening_date: date, actor: str, at: datetime
) -> Opening:
    """Write down what was handed in, with all its lines."""
    opening = Opening.objects.create(
        file_name=file_name[-FILE_NAME_LENGTH_MAX:] or "openings.csv",
        sha256=preview.sha256,
        rows_sha256=digest_of_rows(preview.rows),
        opening_date=opening_date,
        row_count=len(preview.rows),
        entry_count=preview.entry_count,
        asked_by=actor,
        created_at=at,
    )
    rows = (OpeningRow(opening=opening, **asdict(row)) for row in preview.rows)
    OpeningRow.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    return opening
