"""A capture or a void that no channel answers for: two people end it, and its payment goes on."""

import pytest

from ledger.actions.approvals import Decider, digest_of
from payments.actions import order_resolutions
from payments.models import Capture, ChannelOperation, Void
from payments.queries.order_resolutions import Resolution
from settlements.queries import integrity
from tests.factories.holds import held_payment, ordered_capture, ordered_void
from tests.factories.payments import AlipayAccountFactory, MerchantFactory
from tests.instants import NOON
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


def in_review(order: Capture | Void) -> Capture | Void:
    """Bring an order to where its schedule of questions has ended, its jobs away."""
    for status in ("sending", "unknown", "manual_review"):
        ChannelOperation.objects.filter(pk=order.operation_id).update(status=status)
    for status in ("unknown",):
        type(order).objects.filter(pk=order.pk).update(status=status)
    run_jobs()
    return order


def resolve(order: Capture | Void, outcome: str) -> None:
    """Let one person ask for an outcome and another agree, and the worker record it."""
    words = Resolution(outcome, "channel_bill", "bill 2026-03-05, line 7", "Seen there.")
    request = order_resolutions.request_resolution(
        order.operation_id, words, actor="user:1", at=NOON
    )
    order_resolutions.approve_resolution(
        order.operation_id,
        shown_digest=digest_of(request.payload),
        decider=Decider("user:2", second_factor="totp"),
        at=NOON,
    )
    run_jobs()
    order.refresh_from_db()


@pytest.mark.parametrize(
    ("outcome", "status", "payment"),
    [("succeeded", "succeeded", "paid"), ("failed", "failed", "authorized")],
)
def test_a_capture_ends_as_the_evidence_says(outcome, status, payment):
    # Given
    held = held_payment(MerchantFactory(), channel=AlipayAccountFactory())
    capture = in_review(ordered_capture(held, 4_000))

    # When
    resolve(capture, outcome)

    # Then
    held.refresh_from_db()
    assert (capture.status, held.status) == (status, payment)
    assert integrity.verify().violations == []


def test_a_void_ends_as_the_evidence_says():
    # Given
    held = held_payment(MerchantFactory(), channel=AlipayAccountFactory())
    void = in_review(ordered_void(held))

    # When
    resolve(void, "succeeded")

    # Then
    held.refresh_from_db()
    assert (void.status, held.status) == ("succeeded", "closed")
    assert integrity.verify().violations == []
