"""Questions about payments that span their rows."""

from collections.abc import Sequence
from datetime import datetime

from payments.models import Payment
from payments.states import PaymentStatus

UNPAID = (PaymentStatus.CREATED, PaymentStatus.RISK_REVIEW, PaymentStatus.AWAITING_PAYMENT)
"""States in which a payment waits for somebody, and which its expiry ends."""


def payments_expired(*, before: datetime, limit: int) -> Sequence[str]:
    """Return the ids of payments that still wait and ended at `before` (UTC) or earlier."""
    return list(
        Payment.objects.filter(
            status__in=UNPAID,
            expires_at__lte=before,
        )
        .order_by("expires_at")
        .values_list("pk", flat=True)[:limit]
    )
