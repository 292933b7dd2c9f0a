"""Questions about refunds that left our bank account by hand: which line it was, and of which."""

from typing import Any

from payments.models import Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.calendar import business_date_of
from payments.queries.refund_remedies import remedy_payload
from payments.states import RefundStatus
from settlements.models import BillLine, BillLineState

REFUNDS_MAX = 200


def may_be_paid_by(refund: Refund, line: BillLine) -> bool:
    """Tell whether a line of the bank can be the refund: an open debit of exactly its amount."""
    is_open_debit = line.state == BillLineState.OPEN and line.direction == "debit"
    if not is_open_debit or line.payout_id is not None or line.booking_date is None:
        return False
    is_amount = (line.amount_minor, line.currency) == (refund.amount_minor, refund.currency)
    return is_amount and line.booking_date >= business_date_of(refund.created_at)


def refunds_of_line(line: BillLine) -> list[Refund]:
    """Return the refunds that an open debit may have paid, abnormal or come back, oldest first."""
    waiting = Refund.objects.filter(
        status__in=[RefundStatus.ABNORMAL, RefundStatus.REVERSED],
        amount_minor=line.amount_minor,
        currency=line.currency,
    ).order_by("created_at", "pk")
    return [refund for refund in waiting[:REFUNDS_MAX] if may_be_paid_by(refund, line)]


def waiting_remedy_of(line: BillLine) -> RefundRemedy | None:
    """Return the way that says that a line paid its refund, while it waits for its people."""
    return (
        RefundRemedy.objects.filter(
            kind=RemedyKind.BY_HAND,
            status=RemedyStatus.PENDING_APPROVAL,
            approval__payload__bill=line.bill_id,
            approval__payload__line_no=line.line_no,
        )
        .select_related("approval", "refund")
        .first()
    )


def line_of(remedy: RefundRemedy) -> BillLine:
    """Return the line that a way names. Raises BillLine.DoesNotExist."""
    payload = remedy.approval.payload
    return (
        BillLine.objects.select_related("bill")
        .defer("bill__content_encrypted")
        .get(bill_id=payload["bill"], line_no=payload["line_no"])
    )


def by_hand_payload(remedy: RefundRemedy, line: BillLine) -> dict[str, Any]:
    """Return what people are shown and agree to: the way, and the bank's line."""
    told = remedy_payload(remedy)
    return {
        **{name: told[name] for name in ("remedy", "refund", "way", "amount_minor", "currency")},
        "note": remedy.note,
        "bank_account": line.bill.channel_account_id,
        "bill": line.bill_id,
        "line_no": line.line_no,
        "booking_date": line.booking_date.isoformat() if line.booking_date else "",
        "bank_reference": line.bank_reference,
    }
