"""What one amount is called by three: by the order, by the payer, by who settles it to us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, prefetch_related_objects

from payments import pricing
from payments.capture_states import CaptureStatus
from payments.models import Capture, Capturing, ParkedMoney, Payment, PaymentAttempt, Refund
from payments.parked_states import ParkedStatus
from payments.states import AttemptStatus, PaymentStatus, RefundStatus


@dataclass(frozen=True, slots=True)
class Totals:
    """One amount three times, in minor units: of the order, of the payer, of the settlement.

    `payer_minor` is what the payer paid, or got back; None where the channel does not say.
    `settled_minor` is what the channel settles to us, or takes of us, before its fee: it is what
    the books have, so all of it where the channel says nothing else. Of a sum that has no
    `payer_minor`, `coupons_minor` is what is known: coupons of those for which the channel did say.
    """

    amount_minor: int
    payer_minor: int | None
    settled_minor: int
    coupons_minor: int = 0

    @property
    def by_us_minor(self) -> int:
        """Return what a discount of our own paid of it, which is our cost."""
        return self.amount_minor - self.settled_minor

    @property
    def by_channel_minor(self) -> int | None:
        """Return what is known that coupons of the channel paid; None where nothing is."""
        if self.payer_minor is None:
            return self.coupons_minor or None
        return self.settled_minor - self.payer_minor

    @property
    def has_discount(self) -> bool:
        """Tell whether a part of it is known to have been paid by somebody else than the payer."""
        return bool(self.by_us_minor or self.by_channel_minor)


class Part(Protocol):
    """What of an amount belongs to one merchant: an allocation or a share."""

    pk: str
    amount_minor: int


def tries() -> QuerySet[PaymentAttempt]:
    """Return tries that know whether they brought their payment's money just as it was asked.

    Money that came otherwise is `ParkedMoney`; only where all of it was accepted it counts.
    """
    otherwise = ParkedMoney.objects.filter(attempt=OuterRef("pk")).exclude(
        status=ParkedStatus.ACCEPTED, amount_minor=OuterRef("payment__amount_minor")
    )
    return PaymentAttempt.objects.annotate(is_taking=~Exists(otherwise))


def of_payment(payment: Payment) -> Totals | None:
    """Return the totals of a payment; of one that was held first, of what was captured.

    None before money was taken. It reads no row where `payment.attempts` were fetched by `tries`,
    and `payment.captures` of a payment that was held first.
    """
    if payment.status != PaymentStatus.PAID:
        return None
    if payment.capture_mode == Capturing.MANUAL:
        return summed(of_capture(capture) for capture in payment.captures.all())
    for attempt in payment.attempts.all():
        if attempt.status == AttemptStatus.SUCCEEDED and getattr(attempt, "is_taking", False):
            return _said(payment.amount_minor, attempt.payer_minor, attempt.settled_minor)
    return _said(payment.amount_minor, None, None)


def totals_of_payment(payment: Payment) -> Totals | None:
    """Return the totals of one payment, read anew: two queries at most."""
    prefetch_related_objects([payment], Prefetch("attempts", queryset=tries()))
    return of_payment(payment)


def of_capture(capture: Capture) -> Totals | None:
    """Return the totals of a capture; None before the channel has taken it."""
    if capture.status != CaptureStatus.SUCCEEDED:
        return None
    return _said(capture.amount_minor, capture.payer_minor, capture.settled_minor)


def of_refund(refund: Refund) -> Totals | None:
    """Return the totals of a refund; None unless the channel has given it back."""
    if refund.status != RefundStatus.SUCCEEDED:
        return None
    return _said(refund.amount_minor, refund.payer_minor, refund.settled_minor)


def share(whole: Totals, *, parts: Sequence[Part], of: str, rest_minor: int) -> Totals:
    """Return what of the totals is one part's, as the books split it over all `parts`.

    `rest_minor` belongs to nobody and bears its share like a part. Parts are in their order.
    """
    place = [part.pk for part in parts].index(of)
    grosses = [part.amount_minor for part in parts] + ([rest_minor] if rest_minor else [])
    own_minor = grosses[place]
    if not whole.has_discount:
        return Totals(own_minor, None if whole.payer_minor is None else own_minor, own_minor)

    def less(total_minor: int) -> int:
        given_minor = whole.amount_minor - total_minor
        return own_minor - pricing.split_channel_fee(given_minor, grosses)[place]

    payer_minor = None if whole.payer_minor is None else less(whole.payer_minor)
    return Totals(own_minor, payer_minor, less(whole.settled_minor))


def summed(several: Iterable[Totals | None]) -> Totals | None:
    """Return the sum of some totals; None where there are none.

    One of which the channel does not say what the payer paid hides no coupon of another.
    """
    known = [each for each in several if each is not None]
    if not known:
        return None
    paid = [each.payer_minor for each in known if each.payer_minor is not None]
    is_said = len(paid) == len(known)
    return Totals(
        sum(each.amount_minor for each in known),
        sum(paid) if is_said else None,
        sum(each.settled_minor for each in known),
        0 if is_said else sum(each.by_channel_minor or 0 for each in known),
    )


def _said(amount_minor: int, payer_minor: int | None, settled_minor: int | None) -> Totals:
    return Totals(
        amount_minor, payer_minor, amount_minor if settled_minor is None else settled_minor
    )
