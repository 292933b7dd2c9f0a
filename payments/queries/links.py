"""Payment links: which there are, where each stands, and what was paid by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import pgettext_lazy

from ledger.models import AuditEntry
from payments.models import Payment, PaymentLink
from payments.states import PaymentStatus

TAKEN = (PaymentStatus.AUTHORIZED, PaymentStatus.PAID)
"""States of a payment whose payer's money has come: a link that may be paid once is used up."""

DECIDED = (PaymentStatus.CONFLICTED, PaymentStatus.PAID_LATE)
"""States of a payment whose money has come, and of which people decide whether it is used."""

LOOKED_AT = (*DECIDED, PaymentStatus.REFUNDING_LATE)
"""States of a payment whose money is here and may not stay: nobody shall pay a second time."""

UNDER_WAY = (
    PaymentStatus.CREATED,
    PaymentStatus.RISK_REVIEW,
    PaymentStatus.AWAITING_PAYMENT,
    PaymentStatus.CLOSING,
)
"""States of a payment of which it is not decided yet whether money comes."""


REFUSALS_MAX: Final = 10
"""How many refusals to begin by one link, for one reason, are written down in a minute."""

_MINUTE: Final = timedelta(minutes=1)


class LinkState(TextChoices):
    """Where a payment link stands; it is never stored, time and payments say it."""

    OPEN = "open", pgettext_lazy("payment link", "open")
    USED = "used", pgettext_lazy("payment link", "paid")
    CHECKING = "checking", pgettext_lazy("payment link", "being looked at")
    EXPIRED = "expired", pgettext_lazy("payment link", "expired")
    CANCELLED = "cancelled", pgettext_lazy("payment link", "cancelled")


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Some links of `links_with_use`, newest first; `before` asks for the next ones."""

    links: Sequence[PaymentLink]
    before: str | None


def is_refusal_kept(link_id: str, *, code: str, at: datetime) -> bool:
    """Tell whether one more refusal to begin by a link is to be written down.

    Nobody removes such rows, and each press would leave one. A look, without a lock: of presses
    that come together each may be kept.
    """
    kept = AuditEntry.objects.filter(
        subject=link_id, action="payment_link.begin.refused", reason=code, at__gt=at - _MINUTE
    )
    return len(kept.values_list("pk")[:REFUSALS_MAX]) < REFUSALS_MAX


def links_with_use() -> QuerySet[PaymentLink]:
    """Return all links with their merchants.

    `is_taken` tells whether money came by each, `is_looked_at` whether some is that may not stay.
    """
    here = Payment.objects.filter(link=OuterRef("pk"))
    return PaymentLink.objects.select_related("merchant").annotate(
        is_taken=Exists(here.filter(status__in=TAKEN)),
        is_looked_at=Exists(here.filter(status__in=LOOKED_AT)),
    )


def state_of(link: PaymentLink, *, at: datetime) -> LinkState:
    """Return where a link of `links_with_use` stands at `at`.

    Of one that may be paid once, what became of money that came goes before its end.
    """
    if link.is_single_use and _has_any(link, "is_taken", TAKEN):
        return LinkState.USED
    if link.is_single_use and _has_any(link, "is_looked_at", LOOKED_AT):
        return LinkState.CHECKING
    if link.cancelled_at is not None:
        return LinkState.CANCELLED
    return LinkState.EXPIRED if link.expires_at <= at else LinkState.OPEN


def _has_any(link: PaymentLink, name: str, statuses: Sequence[PaymentStatus]) -> bool:
    """Tell whether a payment of a link stands so; asked of the database unless it is known."""
    known: bool | None = getattr(link, name, None)
    return link.payments.filter(status__in=statuses).exists() if known is None else known


def sold_by_other(payment: Payment) -> str:
    """Return the other payment by which a link that may be paid once was paid, else empty.

    Money in suspense has paid nothing: nobody has said yet that it is used. Costs nothing for a
    payment that no link began. Who books money by it holds the link's lock.
    """
    if payment.link_id is None:
        return ""
    others = Payment.objects.filter(
        link_id=payment.link_id, link__is_single_use=True, status__in=TAKEN
    ).exclude(pk=payment.pk)
    return others.order_by("pk").values_list("pk", flat=True).first() or ""


def in_state(state: LinkState, *, at: datetime) -> Q:
    """Return the condition on `links_with_use` that `state_of` is `state`."""
    used = Q(is_single_use=True, is_taken=True)
    checking = Q(is_single_use=True, is_taken=False, is_looked_at=True)
    if state == LinkState.USED:
        return used
    if state == LinkState.CHECKING:
        return checking
    if state == LinkState.CANCELLED:
        return Q(cancelled_at__isnull=False) & ~used & ~checking
    if state == LinkState.EXPIRED:
        return Q(cancelled_at=None, expires_at__lte=at) & ~used & ~checking
    return Q(cancelled_at=None, expires_at__gt=at) & ~used & ~checking


def merchants_links(
    merchant_id: str, *, state: LinkState | None, at: datetime, before: str | None, limit: int
) -> LinkPage:
    """Return up to `limit` links of a merchant made before the one with the id `before`.

    Ids sort by time, so a page costs the same at any depth.
    """
    rows = links_with_use().filter(merchant_id=merchant_id)
    if state is not None:
        rows = rows.filter(in_state(state, at=at))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    links = found[:limit]
    return LinkPage(links=links, before=links[-1].pk if len(found) > limit else None)


def link_of_code(code: str) -> PaymentLink | None:
    """Return the link at an address, with its merchant, or None."""
    return links_with_use().filter(code=code).first()


def address_of(link: PaymentLink) -> str:
    """Return the address that a payer opens."""
    return f"{settings.PUBLIC_URL}/checkout/link/{link.code}"


def payments_of_link(link_id: str, *, limit: int) -> Sequence[Payment]:
    """Return the newest payments that were begun by a link."""
    return list(Payment.objects.filter(link_id=link_id).order_by("-created_at", "-pk")[:limit])
