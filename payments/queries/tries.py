"""How often a payment was tried, and refused to be tried: what each press of a button leaves."""

from datetime import datetime, timedelta
from typing import Final

from ledger.models import AuditEntry
from payments.models import PaymentAttempt

REFUSALS_MAX: Final = 10
"""How many refusals of one kind to try one payment are written down in a minute."""

_MINUTE: Final = timedelta(minutes=1)


def times_tried(payment_id: str) -> int:
    """Return how many orders were prepared to collect a payment, whatever became of them."""
    return PaymentAttempt.objects.filter(payment_id=payment_id).count()


def times_changed(payment_id: str) -> int:
    """Return how often another method was chosen for a payment while one was tried.

    One that is changed again before the try is closed at its channel makes no try of its own.
    """
    changes = AuditEntry.objects.filter(subject=payment_id, action="payment.method_changed")
    return changes.count()


def is_refusal_kept(payment_id: str, *, code: str, at: datetime) -> bool:
    """Tell whether one more refusal to try a payment is to be written down.

    Nobody removes such rows, and each press would leave one. A look, without a lock: of presses
    that come together each may be kept.
    """
    kept = AuditEntry.objects.filter(
        subject=payment_id, action="payment.confirm.refused", reason=code, at__gt=at - _MINUTE
    )
    return len(kept.values_list("pk")[:REFUSALS_MAX]) < REFUSALS_MAX
