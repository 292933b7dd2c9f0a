"""What a payer does on the checkout page: choose a method, or another one."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from ledger import jobs
from ledger.errors import IllegalMoveError
from payments import locks
from payments.actions import authorisations, closing, moves, orders, payments
from payments.models import PayerSession, Payment, PaymentAttempt, PaymentMethod
from payments.states import LIVE_ATTEMPTS, PaymentStatus

SANDBOX_PAYERS: Mapping[str, str] = {
    PaymentMethod.ALIPAY_MINI: "2088000000000999",
    PaymentMethod.WECHAT_JSAPI: "oSandboxPayer0000000000000001",
}
"""The accounts of the one payer whose phone the checkout of a sandbox plays."""


@transaction.atomic(durable=True)
def confirm(
    session: PayerSession, *, method: str, token: str, client_ip: str | None, at: datetime
) -> Payment:
    """Confirm a payment by the method that its payer chose. The session is checked by the door.

    The same method again changes nothing while its try is live, so two tabs make one try.
    Another method withdraws the live try: it is closed at its channel first, and the payment is
    tried by the new one once the channel has said that no money came; at once where the first
    never left. A payment that is past
    choosing is returned as it is. When risk asks for the payment password the payment comes back
    without a live try; `token` is what the payer gets for typing it.

    Raises PaymentExpiredError, NoChannelError or MethodCannotHoldError; nothing is written then.
    """
    live = _locked_live(session.payment_id)
    if live is not None and live.payment.status == PaymentStatus.AWAITING_PAYMENT:
        payment = _switch(live, session=session, method=method, client_ip=client_ip, at=at)
        if live.status in LIVE_ATTEMPTS:
            return payment
    try:
        return payments.confirm_payment(
            session.payment_id,
            method=method,
            client_ip=client_ip,
            actor=actor_of(session),
            at=at,
            token=token,
            payer_account=_sandbox_payer(method),
        )
    except IllegalMoveError:
        return Payment.objects.get(pk=session.payment_id)


@transaction.atomic(durable=True)
def come_back(session: PayerSession, *, at: datetime) -> None:
    """Have the channel asked about the try that a payer comes back from. Idempotent.

    While one question waits in the queue, coming back again asks nothing more.
    """
    attempt_id = (
        PaymentAttempt.objects.filter(payment_id=session.payment_id, status__in=LIVE_ATTEMPTS)
        .values_list("pk", flat=True)
        .first()
    )
    if attempt_id is not None:
        jobs.defer(
            "payments.query_attempt",
            at=at,
            queueing_lock=f"{attempt_id}:back",
            attempt_id=attempt_id,
            is_notified=True,
        )


def actor_of(session: PayerSession) -> str:
    """Name who acts on a checkout page: the payer, or whoever has the link."""
    return f"payer:{session.payer_id}" if session.payer_id else f"link:{session.pk}"


def _sandbox_payer(method: str) -> str:
    """Return whose phone a sandbox plays; our own page knows no payer's account at a channel."""
    return SANDBOX_PAYERS.get(method, "") if settings.SANDBOX else ""


def _locked_live(payment_id: str) -> PaymentAttempt | None:
    """Return the live try with its payment, both locked in the order of those who record."""
    attempt_id = (
        PaymentAttempt.objects.filter(payment_id=payment_id, status__in=LIVE_ATTEMPTS)
        .values_list("pk", flat=True)
        .first()
    )
    attempt = locks.locked_attempt(attempt_id) if attempt_id else None
    return attempt if attempt is not None and attempt.status in LIVE_ATTEMPTS else None


def _switch(
    live: PaymentAttempt,
    *,
    session: PayerSession,
    method: str,
    client_ip: str | None,
    at: datetime,
) -> Payment:
    payment = live.payment
    if method == payment.method:
        return payment
    # Refused now, not after the close.
    authorisations.require_holding(payment, method)
    orders.channel_account(method, payment.currency)
    payment.method = method
    payment.client_ip = client_ip
    payment.payer_account = _sandbox_payer(method)
    moves.tell_code(payment, "payment.method_changed", code="", actor=actor_of(session), at=at)
    if not closing.end_unsent(live, at=at) and not live.is_withdrawn:
        closing.withdraw_attempt(live, at=at)
    return payment
