"""Questions about bookings by hand: what people agree to, and how much can be booked now."""

from dataclasses import dataclass
from typing import Any

from ledger import chart
from ledger.models import AccountBalance
from payments.models import ManualEntry, ManualEntryKind, MerchantAccount, ReserveHold
from payments.queries.reserves import left_of_freeze


def manual_entry_payload(entry: ManualEntry) -> dict[str, Any]:
    """Return what people are shown of a manual entry and agree to, read from the live row."""
    return {
        "manual_entry": entry.pk,
        "kind": entry.kind,
        "merchant": entry.merchant_account.merchant_id,
        "currency": entry.currency,
        "amount_minor": entry.amount_minor,
        "reason_code": entry.reason_code,
        "note": entry.note,
        "refers_to": entry.refers_to,
        "ends": entry.freeze_id or entry.reserve_hold_id or "",
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on a merchant's accounts of one currency now, in minor units, by their codes."""

    minor_by_code: dict[str, int]

    def minor(self, code: str) -> int:
        """Return what stands on one of them; 0 where nothing ever did."""
        return self.minor_by_code.get(code, 0)


CODES = (
    chart.MERCHANT_AVAILABLE,
    chart.MERCHANT_DEBT,
    chart.RISK_FREEZE,
    chart.RESERVE,
    chart.BAD_DEBT,
    chart.ADJUSTMENTS_AGAINST_MERCHANTS,
    chart.ADJUSTMENTS_IN_FAVOUR_OF_MERCHANTS,
)
"""The accounts that manual entries move."""


def standing_of(account: MerchantAccount) -> Standing:
    """Return what stands on the accounts that manual entries of this merchant move."""
    return Standing(
        dict(
            AccountBalance.objects.filter(
                account__code__in=CODES,
                account__owner_id=account.merchant_id,
                account__currency=account.currency,
            ).values_list("account__code", "balance_minor")
        )
    )


def most_minor(
    kind: ManualEntryKind,
    standing: Standing,
    *,
    freeze: ManualEntry | None = None,
    reserve_hold: ReserveHold | None = None,
) -> int | None:
    """Return how much of a kind could be booked at this moment; None: as much as one likes."""
    available = standing.minor(chart.MERCHANT_AVAILABLE)
    debt = standing.minor(chart.MERCHANT_DEBT)
    if kind == ManualEntryKind.ADJUSTMENT_CREDIT:
        return None
    if kind == ManualEntryKind.UNFREEZE:
        return left_of_freeze(freeze) if freeze is not None else 0
    if kind == ManualEntryKind.RESERVE_RELEASE:
        return reserve_hold.left_minor if reserve_hold is not None else 0
    if kind == ManualEntryKind.DEBT_RECOVERY:
        return min(available, debt)
    return debt if kind == ManualEntryKind.DEBT_WRITE_OFF else available
