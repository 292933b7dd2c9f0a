"""Payments that are begun by a payment link, by whoever has its address.

Whoever has the address may open it as often as they like, and nobody knows who they are. So
nothing that costs nothing keeps others from paying: a visit that chose no method gives way to the
next one where too many wait, first those of whoever has most; and of tries that wait for their
payer only those from the same network count. What a visit writes stays written, so a minute has
room for so many; the most of them are for others than any one network.
"""

from collections import Counter
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from django.db import transaction

from ledger.identifiers import new_id
from payments.actions import closing, links, payer_sessions, payments
from payments.actions.payer_sessions import MintedSession
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.errors import (
    LinkBusyError,
    LinkCancelledError,
    LinkCheckingError,
    LinkCrowdedError,
    LinkExpiredError,
    LinkMerchantInactiveError,
    LinkUsedError,
)
from payments.models import PayerSession, Payment, PaymentLink
from payments.queries.links import UNDER_WAY, LinkState, state_of
from payments.queries.payer_sessions import session_of
from payments.states import PaymentStatus

VISITS_MAX: Final = 50
"""How many payments of one link may wait for a method: the oldest gives way to another."""

TRIES_MAX: Final = 50
"""How many payments of one link may be ordered at channels from one network at a time."""

SITE_TRIES_MAX: Final = 200
"""How many so from one site of IPv6: several homes, but not as many as it has networks."""

BEGUN_MAX: Final = 120
"""How many may begin by one link in a minute: each writes some ten rows that nobody removes.

Two a second are more than buy the same thing by one address, and a table bears them for years.
"""

BEGUN_FROM_SITE_MAX: Final = 30
"""How many of these may come from one site: a whole office behind one address, not all of them."""

_MINUTE: Final = timedelta(minutes=1)

_HOME_BITS: Final = 64
"""What one home or phone has of IPv6, all of whose addresses are one visitor's."""

_SITE_BITS: Final = 48
"""The most of IPv6 that one customer is given: as many homes as one likes can be made of it."""

_Network = IPv4Network | IPv6Network


@transaction.atomic(durable=True)
def begin_payment(
    link_id: str, *, at: datetime, token: str = "", client_ip: str | None = None
) -> str:
    """Begin to pay by a link; return the token of the checkout page to go to.

    `token` is that of the page to which this browser was led before: while its payment is under
    way, or paid by a link that may be paid once, it is led there again, also after the link has
    ended. By a link that may be paid once all payers pay one payment, so that it cannot be paid
    twice side by side; by another each browser gets a payment of its own. A payment is not
    begun for longer than payments usually are. Where VISITS_MAX others wait for a method one of
    them is closed: nothing of it is at a channel.

    Raises LinkNotFoundError, LinkUsedError, LinkCheckingError while money that came by a link for
    one payment may not stay, LinkCancelledError, LinkExpiredError,
    LinkMerchantInactiveError, LinkCrowdedError where BEGUN_MAX began in the last minute or
    BEGUN_FROM_SITE_MAX of them from the site of `client_ip`, or LinkBusyError where TRIES_MAX are
    under way from its network; nothing is written then.
    """
    link = links.require_link(link_id)
    if _leads_on(token, link=link, at=at):
        return token
    _require_open(link, at=at)
    _require_pace(link, client_ip=client_ip, at=at)
    payment = _shared(link, at=at) if link.is_single_use else None
    if payment is None:
        payment = _new_payment(link, client_ip=client_ip, at=at)
    return _minted(payment, link=link, at=at).token


def _leads_on(token: str, *, link: PaymentLink, at: datetime) -> bool:
    found = session_of(token) if token else None
    if found is None or found.session.payment.link_id != link.pk:
        return False
    payment = found.session.payment
    return payment.status in UNDER_WAY and payment.expires_at > at


def _shared(link: PaymentLink, *, at: datetime) -> Payment | None:
    """Return the payment that other payers of a link that may be paid once have begun."""
    payment = link.payments.filter(status__in=UNDER_WAY).order_by("-created_at", "-pk").first()
    if payment is None:
        return None
    if payment.status == PaymentStatus.CLOSING or payment.expires_at <= at:
        # Somebody may have paid it in its last second; the channel is being asked.
        raise LinkBusyError
    return payment


def _new_payment(link: PaymentLink, *, client_ip: str | None, at: datetime) -> Payment:
    if not link.is_single_use:
        _require_room(link, client_ip=client_ip)
        _make_room(link, client_ip=client_ip, at=at)
    return payments.create_payment(
        PaymentRequest(
            merchant_order_no=new_id("lpo"),
            amount_minor=link.amount_minor,
            currency=link.currency,
            allocations=[AllocationRequest(link.merchant_id, link.amount_minor)],
            description=link.description,
            merchant_id=link.merchant_id,
            link_id=link.pk,
            client_ip=client_ip,
        ),
        actor=_actor(link),
        at=at,
    )


def _require_pace(link: PaymentLink, *, client_ip: str | None, at: datetime) -> None:
    """Refuse to begin where a minute's beginnings are used up, of the link or of one site.

    All browsers that pay one payment are counted by their pages; it has one address, the first's.
    Where nobody's address is known, sites are not told apart. The link is locked: those who come
    together see each other.

    Raises LinkCrowdedError.
    """
    since = at - _MINUTE
    if link.is_single_use:
        pages = PayerSession.objects.filter(payment__link=link, created_at__gt=since)
        addresses = list(pages.values_list("payment__client_ip", flat=True)[:BEGUN_MAX])
    else:
        begun = link.payments.filter(created_at__gt=since)
        addresses = list(begun.values_list("client_ip", flat=True)[:BEGUN_MAX])
    if len(addresses) >= BEGUN_MAX:
        raise LinkCrowdedError
    if link.is_single_use or client_ip is None:
        return
    site = _site_of(client_ip)
    if sum(_site_of(address) == site for address in addresses) >= BEGUN_FROM_SITE_MAX:
        raise LinkCrowdedError


def _require_room(link: PaymentLink, *, client_ip: str | None) -> None:
    """Refuse a network that has many tries under way; others are not kept from paying.

    Raises LinkBusyError.
    """
    tries = link.payments.filter(status__in=UNDER_WAY).exclude(status=PaymentStatus.CREATED)
    for whose, most in (
        (_home_of(client_ip), TRIES_MAX),
        (_site_of(client_ip), SITE_TRIES_MAX),
    ):
        if whose is None:
            theirs = tries.filter(client_ip=None)
        else:
            theirs = tries.filter(client_ip__range=(str(whose[0]), str(whose[-1])))
        if len(theirs.values_list("pk")[:most]) >= most:
            raise LinkBusyError


def _make_room(link: PaymentLink, *, client_ip: str | None, at: datetime) -> None:
    """Close the visit that gives way to this one, where too many wait for a method.

    It is the oldest of the home that has most, in the site that has most: one visitor displaces
    only themselves, also who has a home for each visit. The link is locked: two who come together
    see each other.
    """
    visits = link.payments.filter(status=PaymentStatus.CREATED).order_by("created_at", "pk")
    waiting = list(visits.values_list("pk", "client_ip"))
    if len(waiting) < VISITS_MAX:
        return
    addresses = [client_ip, *(address for _pk, address in waiting)]
    sites = Counter(_site_of(address) for address in addresses)
    homes = Counter(_home_of(address) for address in addresses)

    def crowd(address: str | None) -> tuple[int, int]:
        return sites[_site_of(address)], homes[_home_of(address)]

    most = max(crowd(address) for _pk, address in waiting)
    for payment_id, address in waiting:
        is_theirs = crowd(address) == most
        if is_theirs and closing.end_visit(payment_id, actor=_actor(link), at=at):
            return


def _home_of(client_ip: str | None) -> _Network | None:
    """Return whose address it is: an address of IPv4, or what one home has of IPv6."""
    return _network_of(client_ip, bits=_HOME_BITS)


def _site_of(client_ip: str | None) -> _Network | None:
    """Return where its home is: an address of IPv4, or what one customer may have of IPv6."""
    return _network_of(client_ip, bits=_SITE_BITS)


def _network_of(client_ip: str | None, *, bits: int) -> _Network | None:
    if client_ip is None:
        return None
    return ip_network(f"{client_ip}/{bits}" if ":" in client_ip else client_ip, strict=False)


def _minted(payment: Payment, *, link: PaymentLink, at: datetime) -> MintedSession:
    return payer_sessions.mint_link(payment.pk, return_url="", actor=_actor(link), at=at)


def _actor(link: PaymentLink) -> str:
    """Name whoever has the link."""
    return f"link:{link.pk}"


def _require_open(link: PaymentLink, *, at: datetime) -> None:
    refusals = {
        LinkState.USED: LinkUsedError,
        LinkState.CHECKING: LinkCheckingError,
        LinkState.CANCELLED: LinkCancelledError,
        LinkState.EXPIRED: LinkExpiredError,
    }
    refusal = refusals.get(state_of(link, at=at))
    if refusal is not None:
        raise refusal
    if not link.merchant.is_active:
        raise LinkMerchantInactiveError
