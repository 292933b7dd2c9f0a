"""Note how each exchange with a channel went, at no round trip more; and forget it after a while.

It rides in the statement that records the order's outcome: an INSERT of one narrow row, so that
those who record side by side never wait for one another, as they would at a counter.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models.sql import UpdateQuery

from payments.channels.base import NO_ANSWER, NOT_CONNECTED, NOT_FOUND, Outcome, OutcomeKind
from payments.models import CallResult, ChannelCall, ChannelOperation, DatabaseClock

KEPT_FOR: Final = timedelta(days=2)
_NOTE: Final = """WITH called AS (
  INSERT INTO payments_channelcall (channel_account_id, called_at, result, millis)
  VALUES (%s, clock_timestamp(), %s, %s))"""


def save_with_call(operation: ChannelOperation, *, outcome: Outcome, fields: Sequence[str]) -> None:
    """Save these fields of an order, and the call that told them, in one statement. A part."""
    assert connection.in_atomic_block, "save_with_call is a part; open a transaction around it"
    result = result_of(outcome)
    if outcome.millis is None or result is None:
        operation.save(update_fields=fields)
        return
    update: Any = ChannelOperation.objects.filter(pk=operation.pk).query.chain(UpdateQuery)
    update.add_update_values({name: getattr(operation, name) for name in fields})
    text, parameters = update.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_NOTE} {text}",
            (operation.channel_account_id, result, outcome.millis, *parameters),
        )


def result_of(outcome: Outcome) -> CallResult | None:
    """Say how the line did; None where nothing was said on it."""
    if outcome.kind is OutcomeKind.FAILED:
        return CallResult.FAILED if outcome.raw else None
    if outcome.kind is OutcomeKind.NOT_SENT:
        return CallResult.NOT_CONNECTED if outcome.code == NOT_CONNECTED else None
    if outcome.kind is not OutcomeKind.UNKNOWN or outcome.code == NOT_FOUND:
        return CallResult.ANSWERED
    return CallResult.NO_ANSWER if outcome.code == NO_ANSWER else CallResult.UNKNOWN


@transaction.atomic(durable=True)
def forget_calls() -> int:
    """Delete the calls of more than two days ago, by the database's clock; return how many."""
    deleted, _ = ChannelCall.objects.filter(called_at__lt=DatabaseClock() - KEPT_FOR).delete()
    return deleted
