"""Payers' sessions and payment links: mint an address of the checkout, bind it to a browser."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import connection, transaction

from ledger.actions.audit import record_audit
from payments import locks
from payments.errors import (
    InvalidReturnUrlError,
    PaymentExpiredError,
    PaymentNotFoundError,
    PaymentNotPayableError,
    PaymentWithoutPayerError,
    PaymentWithPayerError,
)
from payments.models import DatabaseClock, PayerSession, Payment
from payments.queries.payer_sessions import digest_of
from payments.states import PaymentStatus

LIFETIME = timedelta(minutes=30)
"""How long a payer's session lives, by the database's clock."""

RETURN_URL_LENGTH_MAX = 500
_PAYABLE = (PaymentStatus.CREATED, PaymentStatus.RISK_REVIEW, PaymentStatus.AWAITING_PAYMENT)


@dataclass(frozen=True, slots=True)
class MintedSession:
    """A new address of the checkout. Its `token` is known now and never again."""

    session: PayerSession
    token: str = field(repr=False)


def mint_session(payment_id: str, *, return_url: str, actor: str, at: datetime) -> MintedSession:
    """Make a page to pay on for the payer whom the payment names. A part.

    It is bound to the browser that opens it first, and over after LIFETIME.

    Raises PaymentNotFoundError, PaymentWithoutPayerError, PaymentNotPayableError,
    PaymentExpiredError or InvalidReturnUrlError; nothing is written then.
    """
    payment = _payable(payment_id, at=at)
    if payment.payer_id is None:
        raise PaymentWithoutPayerError
    return _mint(payment, return_url=return_url, actor=actor, at=at)


def mint_link(payment_id: str, *, return_url: str, actor: str, at: datetime) -> MintedSession:
    """Make a page to pay on for whoever has the link, for a payment without a payer. A part.

    It lives as long as the payment.

    Raises PaymentNotFoundError, PaymentWithPayerError, PaymentNotPayableError,
    PaymentExpiredError or InvalidReturnUrlError; nothing is written then.
    """
    payment = _payable(payment_id, at=at)
    if payment.payer_id is not None:
        raise PaymentWithPayerError
    return _mint(payment, return_url=return_url, actor=actor, at=at)


@transaction.atomic(durable=True)
def bind_session(
    session: PayerSession, *, browser: str, client_ip: str | None, at: datetime
) -> bool:
    """Bind a payer's session to the browser that opens it first; tell whether it is this one.

    `browser` is the secret that the browser keeps. Binding the same one again changes nothing.
    """
    assert session.payer_id is not None, "a payment link is bound to nobody"
    wanted = digest_of(browser)
    is_first = PayerSession.objects.filter(pk=session.pk, browser_sha256=None).update(
        browser_sha256=wanted, opened_at=DatabaseClock()
    )
    if not is_first:
        return PayerSession.objects.filter(pk=session.pk, browser_sha256=wanted).exists()
    record_audit(
        action="payer_session.opened",
        subject=session.pk,
        actor=f"payer:{session.payer_id}",
        at=at,
        client_ip=client_ip,
    )
    return True


def _payable(payment_id: str, *, at: datetime) -> Payment:
    assert connection.in_atomic_block, "minting is a part; open a transaction around it"
    try:
        payment = locks.locked_payment(payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFoundError from None
    if payment.status not in _PAYABLE:
        raise PaymentNotPayableError(status=PaymentStatus(payment.status).label)
    if payment.expires_at <= at:
        raise PaymentExpiredError
    return payment


def _mint(payment: Payment, *, return_url: str, actor: str, at: datetime) -> MintedSession:
    if return_url:
        _require_address(return_url)
    token = secrets.token_urlsafe(32)
    is_link = payment.payer_id is None
    session = PayerSession.objects.create(
        payment=payment,
        payer_id=payment.payer_id,
        token_sha256=digest_of(token),
        return_url=return_url,
        created_at=at,
        expires_at=payment.expires_at if is_link else DatabaseClock() + LIFETIME,
    )
    session.refresh_from_db(fields=["expires_at"])
    record_audit(
        action="payment_link.minted" if is_link else "payer_session.minted",
        subject=session.pk,
        actor=actor,
        at=at,
        after={"payment": payment.pk, "return_url": return_url},
    )
    return MintedSession(session, token)


def _require_address(return_url: str) -> None:
    """Refuse what is no plain web address: a script, a name before an @, a blank inside.

    Raises InvalidReturnUrlError.
    """
    is_text = return_url.isascii() and return_url.isprintable() and " " not in return_url
    try:
        address = urlsplit(return_url)
        is_web = address.scheme in ("http", "https") and bool(address.hostname)
        is_plain = address.username is None and (address.port is None or address.port > 0)
    except ValueError:
        raise InvalidReturnUrlError from None
    if not (is_text and is_web and is_plain) or len(return_url) > RETURN_URL_LENGTH_MAX:
        raise InvalidReturnUrlError
