"""Tell the order's amount from what the payer paid and from what WeChat Pay owes us."""

from collections.abc import Mapping
from typing import Final

_OURS: Final = frozenset({"NOCASH", "DISCOUNT"})
"""Coupons that nobody pays us for: we took that much off ourselves."""
_PAID_FOR: Final = frozenset({"CASH", "COUPON"})
"""Coupons that were paid for beforehand: WeChat Pay owes us their amount too."""


def payer_minor(amounts: Mapping[str, object]) -> int | None:
    """Give what the payer paid, in the minor unit; None if it is not said.

    Raises ValueError if it is garbled.
    """
    paid = amounts.get("payer_total")
    if paid is None:
        return None
    if type(paid) is not int or paid < 0:
        raise ValueError("what the payer paid is garbled")
    return paid


def back_minor(amounts: Mapping[str, object], name: str, *, refund_minor: int) -> int | None:
    """Give a part of a refund that WeChat Pay names, in the minor unit; None if it is not said.

    Raises ValueError if it is garbled, or more than the refund.
    """
    part = amounts.get(name)
    if part is None:
        return None
    if type(part) is not int or not 0 <= part <= refund_minor:
        raise ValueError("a part of the refund is garbled")
    return part


def settled_minor(total_minor: int, *, paid_minor: int | None, coupons: object) -> int | None:
    """Give what WeChat Pay owes us before its fee, in the minor unit; None if it does not say.

    That is the order's amount less the coupons that are our own gift. A coupon of a kind that is
    not known here leaves it open: the bill tells. Raises ValueError if a coupon is garbled.
    """
    if coupons is None:
        coupons = []
    if not isinstance(coupons, list):
        raise ValueError("the coupons are garbled")
    if not coupons:
        return total_minor if paid_minor in (None, total_minor) else None
    owed_minor = total_minor
    for coupon in coupons:
        given_minor = coupon.get("amount") if isinstance(coupon, dict) else None
        if type(given_minor) is not int or given_minor < 0:
            raise ValueError("a coupon is garbled")
        if coupon.get("type") in _OURS:
            owed_minor -= given_minor
        elif coupon.get("type") not in _PAID_FOR:
            return None
    if owed_minor < 0:
        raise ValueError("the coupons are more than the order")
    return owed_minor
