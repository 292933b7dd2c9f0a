"""Asking first: no refund, capture or void of a payment whose order may have gone either way."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from ledger import jobs
from payments.errors import PaymentOutcomeUnknownError
from payments.models import Payment, PaymentAttempt
from payments.states import AttemptStatus

UNKNOWN = (
    AttemptStatus.SENDING,
    AttemptStatus.PROCESSING,
    AttemptStatus.UNKNOWN,
    AttemptStatus.MANUAL_REVIEW,
)
"""Where a try stands of which nobody can say whether it took the payer's money."""


def require_known(payment: Payment) -> None:
    """Refuse what follows a payment while nobody knows what became of its order. A part.

    Raises PaymentOutcomeUnknownError; the door then has the channel asked (`have_asked`), since
    this transaction is undone.
    """
    assert connection.in_atomic_block, "require_known is a part; open a transaction around it"
    if _unknown_tries(payment.pk).exists():
        raise PaymentOutcomeUnknownError


@transaction.atomic(durable=True)
def have_asked(payment_id: str, *, at: datetime) -> None:
    """Let a worker ask now what became of a payment's orders; only workers hold our keys.

    Asking twice asks once, while the first question waits.
    """
    for attempt_id in _unknown_tries(payment_id).values_list("pk", flat=True):
        jobs.defer(
            "payments.query_attempt",
            at=at,
            queueing_lock=f"{attempt_id}:told",
            attempt_id=attempt_id,
            is_notified=True,
        )


def _unknown_tries(payment_id: str) -> QuerySet[PaymentAttempt]:
    return PaymentAttempt.objects.filter(payment_id=payment_id, status__in=UNKNOWN)
