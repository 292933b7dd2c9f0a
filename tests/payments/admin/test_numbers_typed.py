"""The channel's own number of what people end by evidence: typed, shown, agreed to."""

import pytest
from django.db import transaction

from ledger.models import ApprovalRequest
from payments.actions import payments
from payments.models import ChannelOperation, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, owed_payment
from tests.instants import NOON
from tests.payments.admin.test_hold_pages import refused
from tests.payments.admin.test_holds_in_review import EVIDENCE, page, press, shown_digest
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "2026030510002001120007654321"


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def held() -> PaymentAttempt:
    """100.00 to be held at Alipay, of which nobody knows whether they are."""
    AlipayAccountFactory()
    payment = owed_payment(at=NOON, capture_mode="manual")
    with transaction.atomic():
        payments.confirm_payment(
            payment.pk, method="alipay_qr", client_ip=None, actor="key:test", at=NOON
        )
    for status in ("sending", "unknown", "manual_review"):
        ChannelOperation.objects.update(status=status)
        PaymentAttempt.objects.update(status=status)
    run_jobs()
    return PaymentAttempt.objects.select_related("operation", "payment").get()


def test_two_people_agree_to_the_number_by_which_the_hold_goes_on(held):
    # Given
    maker, checker = desk("finance_maker"), desk("finance_checker")
    assert "Required if the channel did it" in words(page(maker, "ask_resolution", held.operation))

    # When
    press(maker, "ask_resolution", held.operation, **EVIDENCE, channel_ref=f" {NUMBER} ")
    seen = words(page(checker, "approve_resolution", held.operation))
    digest = shown_digest(checker, "approve_resolution", held.operation)
    press(checker, "approve_resolution", held.operation, shown_digest=digest)
    run_jobs()

    # Then
    assert NUMBER in seen
    assert ApprovalRequest.objects.get().payload["channel_ref"] == NUMBER
    for row in (held.operation, held.payment):
        row.refresh_from_db()
    assert (held.operation.channel_ref, held.payment.status) == (NUMBER, "authorized")


def test_nobody_says_that_it_is_held_without_its_number(held):
    # Given
    maker = desk("finance_maker")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(maker, "ask_resolution", held.operation, **EVIDENCE)
    refused(response, "channel_number", status=422)
