"""What a payer does on the checkout page: choose a method, or another one."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from ledger import jobs
from ledger.errors import IllegalMoveError
from payments.actions import switching
from payments.models import PayerSession, Payment, PaymentAttempt, PaymentMethod
from payments.states import LIVE_ATTEMPTS

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

    The same method again changes nothing while its try is live, so two tabs make one try. Another
    one takes its place (`switching.confirm_or_switch`). A payment that is past choosing is
    returned as it is. When risk asks for the payment password the payment comes back
    without a live try; `token` is what the payer gets for typing it.

    Raises PaymentExpiredError, NoChannelError, MethodCannotHoldError or TooManyTriesError; nothing
    is written then.
    """
    try:
        return switching.confirm_or_switch(
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
