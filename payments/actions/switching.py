"""How a payer shall pay: by a first method, or by another one than before. Parts."""

from datetime import datetime

from django.db import connection

from payments import locks
from payments.actions import authorisations, closing, moves, orders, payments
from payments.errors import PaymentExpiredError, TooManyTriesError
from payments.models import Payment, PaymentAttempt
from payments.queries.tries import times_changed
from payments.states import LIVE_ATTEMPTS, PaymentStatus


def confirm_or_switch(
    payment_id: str,
    *,
    method: str,
    client_ip: str | None,
    actor: str,
    at: datetime,
    token: str = "",
    payer_account: str = "",
) -> Payment:
    """Confirm a payment by a method, also one that is tried by another already. A part.

    The same method again changes nothing while its try is live. Another one withdraws the live
    try: it is closed at its channel first, and the payment is tried by the new one once the
    channel has said that no money came; at once where the first never left. Otherwise this is
    `payments.confirm_payment`.

    Each try, and each change of the method, leaves rows for ever, and closes and orders at
    channels: `payments.TRIES_MAX` of a payment is the most, whoever asks. What is under way then
    goes on.

    Raises PaymentNotFoundError, PaymentExpiredError, NoChannelError, MethodCannotHoldError,
    TooManyTriesError or IllegalMoveError; nothing is written then.
    """
    assert connection.in_atomic_block, "confirm_or_switch is a part; open a transaction around it"
    live = _locked_live(payment_id)
    if live is not None and live.payment.status == PaymentStatus.AWAITING_PAYMENT:
        payment = live.payment
        if method != payment.method:
            _require_possible(payment, method, at=at)
            payments.require_tries_left(payment)
            _require_changes_left(payment)
            payment.method = method
            payment.client_ip = client_ip
            payment.payer_account = payer_account
            moves.tell_code(payment, "payment.method_changed", code="", actor=actor, at=at)
            if not closing.end_unsent(live, at=at) and not live.is_withdrawn:
                closing.withdraw_attempt(live, at=at)
        if live.status in LIVE_ATTEMPTS:
            return payment
    return payments.confirm_payment(
        payment_id,
        method=method,
        client_ip=client_ip,
        actor=actor,
        at=at,
        token=token,
        payer_account=payer_account,
    )


def _locked_live(payment_id: str) -> PaymentAttempt | None:
    """Return the live try with its payment, both locked in the order of those who record."""
    attempt_id = (
        PaymentAttempt.objects.filter(payment_id=payment_id, status__in=LIVE_ATTEMPTS)
        .values_list("pk", flat=True)
        .first()
    )
    attempt = locks.locked_attempt(attempt_id) if attempt_id else None
    return attempt if attempt is not None and attempt.status in LIVE_ATTEMPTS else None


def _require_changes_left(payment: Payment) -> None:
    """Count as tries also what was changed before it could be one. Raises TooManyTriesError."""
    if times_changed(payment.pk) + 1 >= payments.TRIES_MAX:
        raise TooManyTriesError


def _require_possible(payment: Payment, method: str, *, at: datetime) -> None:
    """Refuse now what would be refused after the close of what the payer has."""
    if payment.expires_at <= at:
        raise PaymentExpiredError
    authorisations.require_holding(payment, method)
    orders.channel_account(method, payment.currency)
