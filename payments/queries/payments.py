"""Questions about payments that span their rows."""

from collections.abc import Sequence
from datetime import datetime

from payments.models import Payment
from payments.states import PaymentStatus


def payments_expired(*, before: datetime, limit: int) -> Sequence[str]:
    """Return the ids of payments that still wait and ended at `before` (UTC) or earlier."""
    return list(
        Payment.objects.filter(
            status__in=[PaymentStatus.CREATED, PaymentStatus.AWAITING_PAYMENT],
            expires_at__lte=before,
        )
        .order_by("expires_at")
        .values_list("pk", flat=True)[:limit]
    )
