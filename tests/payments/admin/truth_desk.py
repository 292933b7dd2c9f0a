"""What the tests of contradictions in the back office share: the desk, its buttons, the rows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from payments.actions import void_orders, voids
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Capture, Refund, Void
from settlements.queries import integrity
from tests.factories.payments import answered_refund, failed_refund, paid_payment, refund_asked
from tests.instants import NOON
from tests.payments.actions.test_contradictions import contradicted_capture
from tests.payments.admin import test_hold_pages
from tests.payments.admin.test_holds_in_review import shown_digest
from tests.payments.holding import REFUSED, HoldingChannel, authorised, done, holding_channel
from tests.rig.pages import words
from tests.rig.stage import run_jobs

LATER = NOON + timedelta(hours=1)
SAID = {
    "way": "made",
    "evidence": "channel_bill",
    "reference": "bill 2026-03-05, line 9",
    "reason": "Line 9 says so.",
}


@pytest.fixture(autouse=True)
def an_hour_later(db, settings, tmp_path) -> Iterator[None]:
    """It is an hour after noon, nobody needs a second factor; the books are in order at the end."""
    clock = tmp_path / "clock"
    clock.write_text(LATER.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    yield
    assert integrity.verify().violations == []


@pytest.fixture
def refund() -> Refund:
    """One of 30.00 that failed, and that its channel says it made."""
    failed = failed_refund(refund_asked(paid_payment(), amount_minor=3_000))
    made = Outcome(OutcomeKind.SUCCEEDED, amount_minor=3_000, currency="CNY", paid_at=NOON)
    return answered_refund(failed, made)


@pytest.fixture
def channel(monkeypatch) -> HoldingChannel:
    return holding_channel(monkeypatch)


@pytest.fixture
def capture(channel) -> Capture:
    """One of 100.00 that was refused, and that its channel says it made."""
    return contradicted_capture(channel)


@pytest.fixture
def void(channel) -> Void:
    """One of 100.00 that was refused, and that its channel says it made."""
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")
    run_jobs()
    made = Void.objects.select_related("operation").get()
    channel.made[made.operation.channel_no] = done(10_000)
    void_orders.query_void(made.pk, at=LATER, is_notified=True)
    made.refresh_from_db()
    assert (made.status, made.status_code) == ("failed", "contradicted")
    return made


def press(client: Client, name: str, row: Refund | Capture | Void, **sent: str) -> HttpResponse:
    return test_hold_pages.press(client, name, row.operation, of="channeloperation", **sent)


def look(client: Client, name: str, row: Refund | Capture | Void) -> str:
    return words(test_hold_pages.page(client, name, row.operation, of="channeloperation"))


def agree(
    client: Client, row: Refund | Capture | Void, *, deed: str = "approve_truth", **sent: str
) -> HttpResponse:
    """Press the button with the digest of what its page shows."""
    return press(client, deed, row, shown_digest=shown_digest(client, deed, row.operation), **sent)
