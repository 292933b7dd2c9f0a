"""Payments that are begun by a payment link, by whoever has its address.

Whoever has the address may open it as often as they like, and nobody knows who they are. So
nothing that costs nothing keeps others from paying: a visit that chose no method gives way to the
next one where too many wait, first those of whoever has most; and of tries that wait for their
payer only those from the same network count.
"""

from collections import Counter
from datetime import datetime
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
    LinkExpiredError,
    LinkMerchantInactiveError,
    LinkUsedError,
)
from payments.models import Payment, PaymentLink
from payments.queries.links import UNDER_WAY, LinkState, state_of
from payments.queries.payer_sessions import session_of
from payments.states import PaymentStatus

VISITS_MAX: Final = 50
"""How many payments of one link may wait for a method: the oldest gives way to another."""

TRIES_MAX: Final = 50
"""How many payments of one link may be ordered at channels from one network at a time."""

_HOME_BITS: Final = 64
"""What one home or phone has of IPv6, all of whose addresses are one visitor's."""


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

    Raises LinkNotFoundError, LinkUsedError, LinkCancelledError, LinkExpiredError,
    LinkMerchantInactiveError, or LinkBusyError where TRIES_MAX are under way from the network of
    `client_ip`; nothing is written then.
    """
    link = links.require_link(link_id)
    if _leads_on(token, link=link, at=at):
        return token
    _require_open(link, at=at)
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


def _require_room(link: PaymentLink, *, client_ip: str | None) -> None:
    """Refuse a network that has many tries under way; others are not kept from paying.

    Raises LinkBusyError.
    """
    whose = _network_of(client_ip)
    tries = link.payments.filter(status__in=UNDER_WAY).exclude(status=PaymentStatus.CREATED)
    if whose is None:
        tries = tries.filter(client_ip=None)
    else:
        tries = tries.filter(client_ip__range=(str(whose[0]), str(whose[-1])))
    if len(tries.values_list("pk")[:TRIES_MAX]) >= TRIES_MAX:
        raise LinkBusyError


def _make_room(link: PaymentLink, *, client_ip: str | None, at: datetime) -> None:
    """Close the visit that gives way to this one, where too many wait for a method.

    It is the oldest of the network that has most, so one visitor displaces only themselves. The
    link is locked: two who come together see each other.
    """
    visits = link.payments.filter(status=PaymentStatus.CREATED).order_by("created_at", "pk")
    waiting = [(pk, _network_of(ip)) for pk, ip in visits.values_list("pk", "client_ip")]
    if len(waiting) < VISITS_MAX:
        return
    counts = Counter([*(whose for _pk, whose in waiting), _network_of(client_ip)])
    most = max(counts.values())
    for payment_id, whose in waiting:
        if counts[whose] == most and closing.end_visit(payment_id, actor=_actor(link), at=at):
            return


def _network_of(client_ip: str | None) -> IPv4Network | IPv6Network | None:
    """Return whose address it is: an address of IPv4, or what one home has of IPv6."""
    if client_ip is None:
        return None
    bits = _HOME_BITS if ":" in client_ip else ""
    return ip_network(f"{client_ip}/{bits}".rstrip("/"), strict=False)


def _minted(payment: Payment, *, link: PaymentLink, at: datetime) -> MintedSession:
    return payer_sessions.mint_link(payment.pk, return_url="", actor=_actor(link), at=at)


def _actor(link: PaymentLink) -> str:
    """Name whoever has the link."""
    return f"link:{link.pk}"


def _require_open(link: PaymentLink, *, at: datetime) -> None:
    refusals = {
        LinkState.USED: LinkUsedError,
        LinkState.CANCELLED: LinkCancelledError,
        LinkState.EXPIRED: LinkExpiredError,
    }
    refusal = refusals.get(state_of(link, at=at))
    if refusal is not None:
        raise refusal
    if not link.merchant.is_active:
        raise LinkMerchantInactiveError
