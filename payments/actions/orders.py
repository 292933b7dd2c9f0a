"""Orders to collect a payment: which account takes them, and how one is prepared. Parts."""

from datetime import datetime

from django.db import connection

from ledger import jobs
from ledger.identifiers import new_id
from payments.actions.operations import channel_no_of
from payments.errors import NoChannelError
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    OperationKind,
    Payment,
    PaymentAttempt,
)
from payments.queries import routing


def channel_account(
    method: str, currency: str, *, payment: Payment | None = None, at: datetime | None = None
) -> ChannelAccount:
    """Return the account that takes a method in a currency, for a payment as the rules say.

    Raises NoChannelError.
    """
    account = routing.account_for(method, currency=currency, payment=payment, at=at)
    if account is None:
        raise NoChannelError(method=method, currency=currency)
    return account


def prepare_attempt(payment: Payment, *, account: ChannelAccount, at: datetime) -> None:
    """Write a try of a locked payment and its order, and have them sent after COMMIT. A part."""
    assert connection.in_atomic_block, "prepare_attempt is a part; open a transaction around it"
    attempt_id = new_id("att")
    operation = ChannelOperation.objects.create(
        kind=OperationKind.PAY,
        channel_account=account,
        channel_no=channel_no_of(attempt_id),
        subject=attempt_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        created_at=at,
    )
    PaymentAttempt.objects.create(
        id=attempt_id,
        payment=payment,
        channel_account=account,
        operation=operation,
        method=payment.method,
        created_at=at,
    )
    jobs.defer("payments.send_attempt", attempt_id=attempt_id, at=at)
