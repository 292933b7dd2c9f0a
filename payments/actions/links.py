"""Payment links: make one, cancel it."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from ledger.actions.audit import record_audit
from ledger.errors import AmountError, CurrencyMismatchError
from ledger.identifiers import new_id
from ledger.money import exponent
from payments import locks
from payments.actions.events import record_event
from payments.errors import (
    LinkEndError,
    LinkExpiredError,
    LinkNotFoundError,
    LinkNumberTakenError,
    LinkReasonMissingError,
    LinkUsedError,
    UnknownMerchantError,
)
from payments.models import Merchant, PaymentLink
from payments.queries.links import LinkState, state_of

LIFETIME = timedelta(days=7)
"""How long a link may be paid when its creator says nothing."""

LIFETIME_MAX = timedelta(days=366)
AMOUNT_MINOR_MAX = 10**13
_CODE_BYTES = 18


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What a link asks for, in minor units of the currency, and until when.

    `link_id` is the id that it shall have, so that a form which is sent twice makes one link.
    """

    merchant_id: str
    amount_minor: int
    currency: str
    description: str
    is_single_use: bool = True
    expires_at: datetime | None = None
    link_id: str = field(default_factory=lambda: new_id("lnk"))


def create_link(
    request: LinkRequest,
    *,
    actor: str,
    at: datetime,
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> PaymentLink:
    """Make an address at which anybody may pay one merchant one amount. A part; no money moves.

    Raises UnknownMerchantError, CurrencyMismatchError, AmountError, LinkEndError or
    LinkNumberTakenError; nothing is written then.
    """
    assert connection.in_atomic_block, "create_link is a part; open a transaction around it"
    _require_merchant(request)
    _require_amount(request)
    expires_at = request.expires_at or at + LIFETIME
    if not at < expires_at <= at + LIFETIME_MAX:
        raise LinkEndError
    link = PaymentLink(
        id=request.link_id,
        merchant_id=request.merchant_id,
        code=secrets.token_urlsafe(_CODE_BYTES),
        amount_minor=request.amount_minor,
        currency=request.currency,
        description=request.description,
        is_single_use=request.is_single_use,
        created_by=actor,
        created_at=at,
        expires_at=expires_at,
    )
    _insert_once(link)
    facts = _facts(link)
    record_event(kind="payment_link.created", subject=link.pk, at=at, payload=facts)
    record_audit(
        action="payment_link.created",
        subject=link.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=facts,
    )
    return link


def cancel_link(
    link_id: str,
    *,
    actor: str,
    at: datetime,
    merchant_id: str | None = None,
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> PaymentLink:
    """Let nobody begin to pay by a link any more. A part. Twice changes nothing.

    What somebody began before may still be paid. With `merchant_id` another merchant's link is
    not found.

    Raises LinkNotFoundError, LinkExpiredError or LinkUsedError; nothing is written then.
    """
    assert connection.in_atomic_block, "cancel_link is a part; open a transaction around it"
    link = require_link(link_id)
    if merchant_id not in (None, link.merchant_id):
        raise LinkNotFoundError
    if link.cancelled_at is not None:
        return link
    state = state_of(link, at=at)
    if state == LinkState.USED:
        raise LinkUsedError
    if link.expires_at <= at:
        raise LinkExpiredError
    link.cancelled_at = at
    link.save(update_fields=["cancelled_at"])
    record_event(kind="payment_link.cancelled", subject=link.pk, at=at, payload=_facts(link))
    record_audit(
        action="payment_link.cancelled",
        subject=link.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"state": state.value},
        after={"state": LinkState.CANCELLED.value},
    )
    return link


@transaction.atomic(durable=True)
def make_link(request: LinkRequest, *, actor: str, at: datetime) -> PaymentLink:
    """Make a link for the merchant whose own person asks. What `create_link` raises."""
    return create_link(request, actor=actor, at=at)


@transaction.atomic(durable=True)
def make_link_for(
    request: LinkRequest,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> PaymentLink:
    """Make a link for a merchant as the platform, which says why.

    Raises LinkReasonMissingError and what `create_link` raises; nothing is written then.
    """
    _require_reason(reason)
    return create_link(
        request,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )


@transaction.atomic(durable=True)
def end_link(link_id: str, *, merchant_id: str, actor: str, at: datetime) -> PaymentLink:
    """Cancel a link of the merchant whose own person asks. What `cancel_link` raises."""
    return cancel_link(link_id, merchant_id=merchant_id, actor=actor, at=at)


@transaction.atomic(durable=True)
def end_link_for(
    link_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> PaymentLink:
    """Cancel any link as the platform, which says why.

    Raises LinkReasonMissingError and what `cancel_link` raises; nothing is written then.
    """
    _require_reason(reason)
    return cancel_link(
        link_id,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )


def require_link(link_id: str) -> PaymentLink:
    """Return a link with its merchant, locked. A part. Raises LinkNotFoundError."""
    try:
        return locks.locked_link(link_id)
    except PaymentLink.DoesNotExist:
        raise LinkNotFoundError from None


def _require_merchant(request: LinkRequest) -> None:
    merchants = Merchant.objects.filter(pk=request.merchant_id, is_active=True)
    currency = merchants.values_list("fee_plan__currency", flat=True).first()
    if currency is None:
        raise UnknownMerchantError(merchant=request.merchant_id)
    if currency != request.currency:
        raise CurrencyMismatchError(left=request.currency, right=currency)


def _require_amount(request: LinkRequest) -> None:
    exponent(request.currency)
    if not 0 < request.amount_minor <= AMOUNT_MINOR_MAX:
        raise AmountError


def _insert_once(link: PaymentLink) -> None:
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") == "payments_paymentlink_pkey":
            raise LinkNumberTakenError from error
        raise


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise LinkReasonMissingError


def _facts(link: PaymentLink) -> dict[str, object]:
    """Return what outsiders and the audit trail read of a link; its address is not among it."""
    return {
        "merchant": link.merchant_id,
        "amount": link.amount_minor,
        "currency": link.currency,
        "description": link.description,
        "single_use": link.is_single_use,
        "expires_at": link.expires_at.isoformat(),
    }
