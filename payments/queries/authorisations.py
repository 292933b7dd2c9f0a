"""Questions about authorisations: what is still held, and what may be taken of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from payments.capture_states import CAPTURES_IN_FLIGHT, DEAD_CAPTURES, CaptureStatus
from payments.channels import registry
from payments.channels.base import CaptureMode
from payments.models import Authorisation, Capture, CaptureShare, Capturing, Payment, Void
from payments.states import CONTRADICTED, PaymentStatus


@dataclass(frozen=True, slots=True)
class Captured:
    """What living captures took of an allocation, and the fee on it, in minor units."""

    amount_minor: int = 0
    fee_minor: int = 0

    @property
    def net_minor(self) -> int:
        """Return what the merchant gets of it."""
        return self.amount_minor - self.fee_minor


@dataclass(frozen=True, slots=True)
class Holding:
    """What was held of a payer's money, and what became of it, as they see it. In minor units.

    The rest is held until `held_until` (UTC), is being given back, or is held no more.
    """

    held_minor: int
    taken_minor: int
    held_until: datetime
    is_being_given_back: bool
    has_ended: bool

    @property
    def rest_minor(self) -> int:
        """Return what was not taken."""
        return self.held_minor - self.taken_minor

    @property
    def is_taken_in_part(self) -> bool:
        """Tell whether something was taken, but not all."""
        return 0 < self.taken_minor < self.held_minor

    @property
    def may_be_taken(self) -> bool:
        """Tell whether the shop may still take of the rest."""
        return not (self.has_ended or self.is_being_given_back)


def holdings_of(payments: Iterable[Payment]) -> Mapping[str, Holding]:
    """Return what is, or was, held of those payments that were authorised, by id. One query."""
    asked = [payment.pk for payment in payments if payment.capture_mode == Capturing.MANUAL]
    if not asked:
        return {}
    taken = Q(captures__status=CaptureStatus.SUCCEEDED)
    voids = Void.objects.filter(authorisation=OuterRef("pk")).exclude(status__in=DEAD_CAPTURES)
    rows = Authorisation.objects.filter(payment_id__in=asked, is_spare=False).annotate(
        taken_minor=Coalesce(Sum("captures__amount_minor", filter=taken), 0),
        is_being_given_back=Exists(voids),
    )
    return {
        row.payment_id: Holding(
            row.amount_minor,
            int(row.taken_minor),
            row.expires_at,
            is_being_given_back=row.is_being_given_back and row.ended_at is None,
            has_ended=row.ended_at is not None,
        )
        for row in rows
    }


def wanted_authorisation(payment: Payment) -> Authorisation | None:
    """Return the authorisation by which a payment was authorised, with its try; also an ended one.

    Those that nobody wanted are left out.
    """
    return (
        payment.authorisations.filter(is_spare=False)
        .select_related("attempt__operation", "attempt__channel_account")
        .first()
    )


def captured_minor(authorisation: Authorisation) -> int:
    """Return what living captures take of an authorisation; an unknown outcome counts."""
    living = authorisation.captures.exclude(status__in=DEAD_CAPTURES)
    return int(living.aggregate(minor=Sum("amount_minor", default=0))["minor"])


def captured_of(payment_id: str) -> Mapping[str, Captured]:
    """Return what living captures take of a payment, by allocation."""
    rows = (
        CaptureShare.objects.filter(capture__payment_id=payment_id)
        .exclude(capture__status__in=DEAD_CAPTURES)
        .order_by()
        .values_list("allocation_id")
        .annotate(Sum("amount_minor"), Sum("fee_minor"))
    )
    return {key: Captured(int(amount), int(fee)) for key, amount, fee in rows}


def unallocated_captured(payment_id: str) -> int:
    """Return what living captures take of a payment's money that belongs to nobody."""
    living = Capture.objects.filter(payment_id=payment_id).exclude(status__in=DEAD_CAPTURES)
    return int(living.aggregate(minor=Sum("unallocated_minor", default=0))["minor"])


def left_to_capture(payment: Payment) -> int:
    """Return what is held of a payment and no living capture or void takes. A first look."""
    held = payment.authorisations.filter(is_spare=False).first()
    return 0 if held is None else left_of(held)


def left_of(authorisation: Authorisation) -> int:
    """Return what is held by an authorisation and no living capture or void takes."""
    if authorisation.ended_at is not None or living_void(authorisation) is not None:
        return 0
    return authorisation.amount_minor - captured_minor(authorisation)


def is_taken_once(authorisation: Authorisation) -> bool:
    """Tell whether its channel can take of an authorisation once only, and frees the rest then."""
    channel = authorisation.attempt.channel_account.channel
    return registry.TRAITS[channel].captures != CaptureMode.SEVERAL


def has_captures_in_flight(authorisation: Authorisation) -> bool:
    """Tell whether a channel has a capture of which it has not said what became of it."""
    return authorisation.captures.filter(status__in=CAPTURES_IN_FLIGHT).exists()


def living_void(authorisation: Authorisation) -> Void | None:
    """Return the void of an authorisation that is under way or was made."""
    return authorisation.voids.exclude(status__in=DEAD_CAPTURES).first()


def authorisations_ending(
    *, at: datetime, before: datetime, again: datetime
) -> QuerySet[Authorisation]:
    """Return what is held and is to be given back, or is held no more, at `at`; the first first.

    That is what ends at `before` or earlier (UTC), what nobody wants, and what a payment waits for
    that is being closed. Left out is what an order to the channel, or people on what it
    contradicts, are about to settle; and, until its channel lets it go, what it has refused to
    give back since `again`.
    """
    here = {"authorisation": OuterRef("pk")}
    settled = Q(status__in=CAPTURES_IN_FLIGHT) | Q(status_code=CONTRADICTED)
    refused = Q(status__in=DEAD_CAPTURES) & (Q(created_at__gt=again) | Q(status_code=CONTRADICTED))
    return Authorisation.objects.filter(
        ~Exists(Capture.objects.filter(settled, **here)),
        ~Exists(Void.objects.filter(status__in=CAPTURES_IN_FLIGHT, **here)),
        ~Exists(Void.objects.filter(refused, **here)) | _has_lapsed(at),
        Q(expires_at__lte=before) | Q(is_spare=True) | Q(payment__status=PaymentStatus.CLOSING),
        ended_at=None,
    ).order_by("expires_at")


def lapses_at(authorisation: Authorisation) -> datetime:
    """Return when its channel itself lets an authorisation go (UTC): nothing is held then."""
    channel = authorisation.attempt.channel_account.channel
    lapses = authorisation.authorised_at + registry.TRAITS[channel].lapses_after
    return max(lapses, authorisation.expires_at)


def _has_lapsed(at: datetime) -> Q:
    """Find what its channel has let go."""
    lapsed = [
        Q(
            attempt__channel_account__channel=channel,
            authorised_at__lte=at - traits.lapses_after,
            expires_at__lte=at,
        )
        for channel, traits in registry.TRAITS.items()
    ]
    return reduce(or_, lapsed)


def held_against_our_will() -> QuerySet[Authorisation]:
    """Return what is held though its channel was told to give it back: it refused."""
    here = {"authorisation": OuterRef("pk")}
    return Authorisation.objects.filter(
        Exists(Void.objects.filter(status__in=DEAD_CAPTURES, **here)),
        ~Exists(Void.objects.filter(**here).exclude(status__in=DEAD_CAPTURES)),
        ended_at=None,
    )


def captures_made(payment: Payment) -> Sequence[Capture]:
    """Return the captures of a payment that brought money, the oldest first, with their shares."""
    if payment.status != PaymentStatus.PAID:
        return []
    made = payment.captures.filter(status=CaptureStatus.SUCCEEDED)
    return list(made.prefetch_related("shares").order_by("created_at", "pk"))
