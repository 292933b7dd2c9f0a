"""Money held at a channel that takes of a hold once: what is not taken then is the payer's."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.channels.base import CaptureMode
from payments.errors import CapturedAlreadyError, CaptureNotFinalError
from payments.models import Capture, Payment
from settlements.queries import integrity
from tests.instants import NOON
from tests.payments.holding import HoldingChannel, authorised, holding_channel
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def channel(monkeypatch) -> HoldingChannel:
    """A channel of cards."""
    yield holding_channel(monkeypatch, captures=CaptureMode.ONCE)
    assert integrity.verify().violations == []


def capture_of(payment: Payment, amount_minor: int | None = None, **facts) -> Capture:
    with transaction.atomic():
        return request_capture(
            CaptureRequest(payment.pk, amount_minor, **facts), actor="key:test", at=LATER
        )


def test_a_channel_that_takes_once_takes_for_the_last_time(channel):
    # Given
    payment = authorised(channel)

    # When a part is asked for as if more could be taken later
    with pytest.raises(CaptureNotFinalError), nothing_written():
        capture_of(payment, 3_000)
    seller = payment.allocations.get().merchant_id
    with pytest.raises(CaptureNotFinalError), nothing_written():
        capture_of(payment, shares=[CaptureShareRequest(seller, 3_000)])

    # When its caller knows that it is the last one
    capture = capture_of(payment, 3_000, is_final=True)
    run_jobs()

    # Then
    assert capture.is_final
    assert channel.sent("capture")[0].is_final
    with pytest.raises(CapturedAlreadyError), nothing_written():
        capture_of(payment, 100)


def test_all_of_what_can_be_taken_once_need_not_be_called_final(channel):
    assert capture_of(authorised(channel)).is_final
