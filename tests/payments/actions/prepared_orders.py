"""What the tests of operations and their neighbours share."""

from datetime import timedelta

import pytest
from django.db.models import ExpressionWrapper, F, fields

from payments.actions import operations
from payments.actions.operations import Lease
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelOperation, DatabaseClock
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NEXT_NOON, NOON

PATHS = {
    "prepared": [],
    "sending": ["sending"],
    "awaiting_payer": ["sending", "awaiting_payer"],
    "processing": ["sending", "processing"],
    "unknown": ["sending", "unknown"],
    "manual_review": ["sending", "unknown", "manual_review"],
    "succeeded": ["sending", "succeeded"],
    "failed": ["sending", "failed"],
    "closed": ["sending", "unknown", "closed"],
}


SUBJECT = "att_1"


@pytest.fixture
def channel():
    return AlipayAccountFactory()


def order(channel, status: str = "prepared", *, kind: str = "pay", **other) -> ChannelOperation:
    """Write an order and bring it to a state."""
    operation = ChannelOperation.objects.create(
        kind=kind,
        channel_account=channel,
        channel_no="ATT_1",
        subject=SUBJECT,
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
    )
    for step in PATHS[status]:
        ChannelOperation.objects.update(status=step)
    ChannelOperation.objects.update(**other)
    operation.refresh_from_db()
    return operation


def now() -> ChannelOperation:
    return ChannelOperation.objects.get()


def lease_runs_out() -> None:
    ChannelOperation.objects.update(lease_until=DatabaseClock())


def time_until(column: str) -> timedelta:
    """Return how far an instant lies ahead by the database's own clock."""
    ahead = ExpressionWrapper(F(column) - DatabaseClock(), output_field=fields.DurationField())
    return ChannelOperation.objects.annotate(ahead=ahead).values_list("ahead", flat=True).get()


def is_about(found: timedelta, wanted: timedelta) -> bool:
    return wanted - timedelta(seconds=20) < found <= wanted


def answered(kind: OutcomeKind, lease: Lease | None, **other) -> ChannelOperation:
    """Record one outcome for the holder of a lease."""
    assert lease is not None
    operation = now()
    operations.record_outcome(operation, lease=lease, outcome=Outcome(kind, **other), at=NEXT_NOON)
    return now()
