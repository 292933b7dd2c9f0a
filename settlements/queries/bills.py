"""Questions about what the bank sent."""

from django.db.models import QuerySet

from ledger import encryption
from settlements.models import Bill, BillLine, BillLineState


def bill_content(bill: Bill) -> bytes:
    """Return the bytes of a bill as the bank sent them.

    Raises DecryptionError if they were changed or copied from another row.
    """
    return encryption.decrypt(bill.content_encrypted, aad=bill.content_place).encode("latin-1")


def open_lines() -> QuerySet[BillLine]:
    """Return the bank's movements that nobody knows yet, oldest first."""
    return (
        BillLine.objects.filter(state=BillLineState.OPEN)
        .select_related("bill__channel_account", "payout")
        .order_by("booking_date", "bill_id", "line_no")
    )
