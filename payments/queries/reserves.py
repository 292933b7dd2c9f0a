"""Questions about what is kept back of merchants' money, and what is frozen of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from ledger import chart
from ledger.models import AccountBalance
from payments.models import ManualEntry, ManualEntryKind, ReserveHold
from payments.states import ManualEntryStatus


@dataclass(frozen=True, slots=True)
class SetAside:
    """What of one merchant's money of one currency is frozen and reserved, in minor units."""

    frozen_minor: int = 0
    reserve_minor: int = 0
    frozen_account_id: int | None = None
    reserve_account_id: int | None = None


def set_aside_of(merchant_ids: Collection[str]) -> dict[tuple[str, str], SetAside]:
    """Return what stands on 2004 and 2005, by merchant and currency, in one query.

    Merchants of whom nothing was ever frozen or reserved are left out.
    """
    rows = AccountBalance.objects.filter(
        account__code__in=(chart.RISK_FREEZE, chart.RESERVE), account__owner_id__in=merchant_ids
    ).values_list(
        "account__owner_id", "account__currency", "account__code", "account_id", "balance_minor"
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for owner, currency, code, account_id, minor in rows:
        name = "frozen" if code == chart.RISK_FREEZE else "reserve"
        known = found.setdefault((owner, currency), {})
        known |= {f"{name}_minor": minor, f"{name}_account_id": account_id}
    return {whose: SetAside(**known) for whose, known in found.items()}


@dataclass(frozen=True, slots=True)
class NextRelease:
    """What of a merchant's reserve goes back next, in minor units, and on which day."""

    minor: int
    date: date


def next_releases(merchant_id: str) -> dict[str, NextRelease]:
    """Return what of a merchant's reserves goes back next, by currency, in one query.

    What is held by hand has no day, and currencies without any other are left out.
    """
    days = (
        ReserveHold.objects.filter(
            merchant_account__merchant_id=merchant_id, left_minor__gt=0, release_on__isnull=False
        )
        .order_by("release_on")
        .values_list("merchant_account__currency", "release_on")
        .annotate(minor=Sum("left_minor"))
    )
    found: dict[str, NextRelease] = {}
    for currency, on, minor in days:
        found.setdefault(currency, NextRelease(int(minor), on))
    return found


def left_of_freeze(freeze: ManualEntry) -> int:
    """Return what a booked freeze still holds, in minor units."""
    unfrozen = freeze.unfreezes.filter(status=ManualEntryStatus.BOOKED)
    return freeze.amount_minor - int(
        unfrozen.aggregate(minor=Sum("amount_minor", default=0))["minor"]
    )


@dataclass(frozen=True, slots=True)
class OpenFreeze:
    """A booked freeze and what it still holds, in minor units."""

    freeze: ManualEntry
    left_minor: int


def open_freezes(merchant_id: str) -> list[OpenFreeze]:
    """Return a merchant's booked freezes that still hold something, oldest first."""
    booked = Q(unfreezes__status=ManualEntryStatus.BOOKED)
    freezes = (
        ManualEntry.objects.filter(
            merchant_account__merchant_id=merchant_id,
            kind=ManualEntryKind.FREEZE,
            status=ManualEntryStatus.BOOKED,
        )
        .annotate(unfrozen=Sum("unfreezes__amount_minor", filter=booked, default=0))
        .order_by("created_at", "pk")
    )
    found = [OpenFreeze(freeze, freeze.amount_minor - freeze.unfrozen) for freeze in freezes]
    return [one for one in found if one.left_minor]
