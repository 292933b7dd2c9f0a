"""Payments that are begun by a payment link, by whoever has its address."""

from datetime import datetime

from django.db import transaction

from ledger.identifiers import new_id
from payments.actions import links, payer_sessions, payments
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

OPEN_MAX = 50
"""How many payments of one link may be under way: nobody fills our books by opening pages."""


@transaction.atomic(durable=True)
def begin_payment(link_id: str, *, at: datetime, token: str = "") -> str:
    """Begin to pay by a link; return the token of the checkout page to go to.

    `token` is that of the page to which this browser was led before: while its payment is under
    way, or paid by a link that may be paid once, it is led there again, also after the link has
    ended. By a link that may be paid once all payers pay one payment, so that it cannot be paid
    twice side by side; by another each browser gets a payment of its own. A payment is not
    begun for longer than payments usually are.

    Raises LinkNotFoundError, LinkUsedError, LinkCancelledError, LinkExpiredError,
    LinkMerchantInactiveError or LinkBusyError; nothing is written then.
    """
    link = links.require_link(link_id)
    if _leads_on(token, link=link, at=at):
        return token
    _require_open(link, at=at)
    payment = _shared(link, at=at) if link.is_single_use else None
    if payment is None:
        payment = _new_payment(link, at=at)
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


def _new_payment(link: PaymentLink, *, at: datetime) -> Payment:
    if link.payments.filter(status__in=UNDER_WAY).count() >= OPEN_MAX:
        raise LinkBusyError
    return payments.create_payment(
        PaymentRequest(
            merchant_order_no=new_id("lpo"),
            amount_minor=link.amount_minor,
            currency=link.currency,
            allocations=[AllocationRequest(link.merchant_id, link.amount_minor)],
            description=link.description,
            merchant_id=link.merchant_id,
            link_id=link.pk,
        ),
        actor=_actor(link),
        at=at,
    )


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
