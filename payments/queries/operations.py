"""Which orders to channels somebody has to look after."""

from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from payments.models import (
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    MethodSwitch,
    OperationKind,
    PaymentAttempt,
)
from payments.queries.routing import is_stopped
from payments.queries.sending import may_be_tried
from payments.states import OperationStatus, PaymentStatus

WAITING = (
    OperationStatus.PREPARED,
    OperationStatus.AWAITING_PAYER,
    OperationStatus.PROCESSING,
    OperationStatus.UNKNOWN,
)


def operations_due(
    kind: OperationKind, *, limit: int, among: Q | None = None
) -> Sequence[ChannelOperation]:
    """Return orders to ask about (or send) now, and those whose sender died.

    Who has waited longest comes first, so that all have their turn however many are stuck: those
    of an account that cannot speak go to the end each time. Due is what the database's clock says
    is due. What is held back, or whose line is dead, is not due to be sent. `among` leaves out
    those that somebody else looks after.
    """
    is_free = Q(lease_until=None) | Q(lease_until__lt=DatabaseClock())
    is_due = Q(status__in=WAITING, next_query_at__lt=DatabaseClock()) & is_free
    is_orphan = Q(status=OperationStatus.SENDING, lease_until__lt=DatabaseClock())
    may_be_sent = ~Q(status=OperationStatus.PREPARED) | may_be_tried()
    return list(
        ChannelOperation.objects.filter(
            is_due | is_orphan, may_be_sent, among or Q(), kind=kind
        ).order_by(Coalesce("lease_until", "next_query_at"), "created_at")[:limit]
    )


def orders_kept_back(*, limit: int) -> Sequence[ChannelOperation]:
    """Return orders of payments that never left, may not now, and could go to another account.

    Who has waited longest comes first. A look only, as wide as what `routing.other_account_for`
    answers in the transaction that decides: an order that could go nowhere else is not woken.
    """
    kept = PaymentAttempt.objects.filter(
        Exists(_untried_accounts()),
        operation=OuterRef("pk"),
        is_withdrawn=False,
        method=F("payment__method"),
        payment__status=PaymentStatus.AWAITING_PAYMENT,
    )
    return list(
        ChannelOperation.objects.filter(
            ~may_be_tried(),
            Exists(kept),
            kind=OperationKind.PAY,
            status=OperationStatus.PREPARED,
            next_query_at__lt=DatabaseClock(),
        ).order_by("next_query_at", "created_at")[:limit]
    )


def _untried_accounts() -> QuerySet[ChannelAccount]:
    """Choose the accounts that could take the payment of the outer try, and were never tried."""
    tried = PaymentAttempt.objects.filter(
        payment=OuterRef(OuterRef("payment")), channel_account=OuterRef("pk")
    )
    closed = MethodSwitch.objects.filter(
        Q(channel_account_id=None) | Q(channel_account_id=OuterRef("pk")),
        method=OuterRef(OuterRef("method")),
        opened_at=None,
    )
    return ChannelAccount.objects.filter(
        ~is_stopped(),
        ~Exists(tried),
        ~Exists(closed),
        channel=OuterRef("channel_account__channel"),
        currency=OuterRef("payment__currency"),
        is_enabled=True,
    )


def unknown_operations() -> QuerySet[ChannelOperation]:
    """Return the orders whose outcome nobody knows, oldest first."""
    return ChannelOperation.objects.filter(
        status__in=[OperationStatus.UNKNOWN, OperationStatus.MANUAL_REVIEW]
    ).order_by("created_at")
