"""What keeps orders from being sent at this moment: holds of people, and lines that are dead."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields import CharField

from ledger.states import ApprovalState
from payments.models import (
    ChannelAccount,
    ChannelBreaker,
    ChannelOperation,
    DatabaseClock,
    HoldCover,
    MaySend,
    OperationKind,
    SendingHold,
)

_OPEN = ChannelBreaker.objects.filter(
    channel_account_id=OuterRef("channel_account_id"), opened_at__isnull=False
)


def may_leave() -> Q:
    """Choose the orders that nothing keeps from being sent, for the statement that claims one.

    It keeps holds from being placed until the transaction has ended.
    """
    return Q(~Exists(_OPEN)) & Q(MaySend("channel_account_id", "kind"))


def is_not_held() -> Q:
    """Choose the orders that no hold keeps back, whatever their line; locks as `may_leave`."""
    return Q(MaySend("channel_account_id", "kind"))


def may_be_tried() -> Q:
    """Choose the orders for which a sender is worth waking now. A look only; it locks nothing."""
    is_dead = _OPEN.filter(probe_at__gt=DatabaseClock())
    is_held = (
        SendingHold.objects.filter(released_at=None)
        .filter(Q(channel_account_id=None) | Q(channel_account_id=OuterRef("channel_account_id")))
        .annotate(
            covered=Case(
                When(covers=HoldCover.EVERYTHING, then=OuterRef("kind")),
                default=Value(OperationKind.PAYOUT.value),
                output_field=CharField(),
            )
        )
        .filter(covered=OuterRef("kind"))
    )
    return Q(~Exists(is_dead)) & Q(~Exists(is_held))


def standing_holds(
    account: ChannelAccount | None = None, *, channel_account_id: str = ""
) -> QuerySet[SendingHold]:
    """Return the holds that stand, the newest first; of an account also those of all accounts."""
    holds = SendingHold.objects.filter(released_at=None).select_related("channel_account")
    key = account.pk if account is not None else channel_account_id
    return holds.filter(Q(channel_account_id=None) | Q(channel_account_id=key)) if key else holds


def release_asked(hold: SendingHold) -> bool:
    """Tell whether somebody has asked to release a hold, and nobody has decided yet."""
    return hold.approval is not None and hold.approval.state == ApprovalState.PENDING


def open_breakers() -> Sequence[ChannelBreaker]:
    """Return the breakers that are open, those that opened first, first."""
    opened = ChannelBreaker.objects.filter(opened_at__isnull=False)
    return list(opened.select_related("channel_account").order_by("opened_at"))


def may_pay_out(channel_account_id: str) -> bool:
    """Tell whether no hold keeps payouts of an account back. A part; locks as `may_leave`."""
    one = ChannelAccount.objects.filter(pk=channel_account_id)
    return one.filter(MaySend(F("pk"), Value(OperationKind.PAYOUT.value))).exists()


def is_held(operation: ChannelOperation) -> bool:
    """Tell whether a hold keeps an order back. A part; locks as `may_leave`."""
    return not ChannelOperation.objects.filter(is_not_held(), pk=operation.pk).exists()


def is_dead(channel_account_id: str) -> bool:
    """Tell whether nobody answers at an account, so that its breaker is open."""
    return ChannelBreaker.objects.filter(pk=channel_account_id, opened_at__isnull=False).exists()


def release_payload(hold: SendingHold, *, why: str) -> dict[str, Any]:
    """Return what two people agree to when a hold ends: which one, and why it may."""
    return {
        "hold": hold.pk,
        "covers": hold.covers,
        "channel_account": hold.channel_account_id or "",
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "why": why,
    }
