"""After the last question people look at an order: what it serves tells so, once each time."""

from collections.abc import Callable
from types import ModuleType

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import attempts, capture_orders, operations, refund_orders, void_orders
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import NO_ANSWER, Outcome, OutcomeKind
from payments.errors import LeaseLostError
from payments.models import ChannelOperation, Event, PaymentAttempt
from tests.factories.holds import held_payment, ordered_capture, ordered_void
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    confirmed_payment,
    paid_payment,
)
from tests.factories.refunds import answered_refund, refund_asked
from tests.instants import NOON
from tests.rig.stage import let_machines_wait

pytestmark = pytest.mark.django_db(transaction=True)

SILENT = Outcome(OutcomeKind.UNKNOWN, code=NO_ANSWER)
UNSETTLED = Outcome(OutcomeKind.PROCESSING, code="WAIT", raw="{}")


def tried() -> tuple[str, str]:
    """A try whose order nobody has sent, and its payment."""
    AlipayAccountFactory()
    attempt = confirmed_payment()
    PaymentAttempt.objects.update(status="sending")
    return attempt.pk, attempt.payment_id


def refund() -> tuple[str, str]:
    asked = refund_asked(paid_payment())
    return asked.pk, asked.pk


def capture() -> tuple[str, str]:
    payment = held_payment(MerchantFactory(), channel=AlipayAccountFactory())
    ordered = ordered_capture(payment)
    return ordered.pk, ordered.pk


def void() -> tuple[str, str]:
    ordered = ordered_void(held_payment(MerchantFactory(), channel=AlipayAccountFactory()))
    return ordered.pk, ordered.pk


ALL = pytest.mark.parametrize(
    ("orders", "make", "kind"),
    [
        (attempts, tried, "payment.manual_review"),
        (refund_orders, refund, "refund.manual_review"),
        (capture_orders, capture, "capture.manual_review"),
        (void_orders, void, "void.manual_review"),
    ],
)


def sent(orders: ModuleType, subject: str) -> None:
    with transaction.atomic():
        lease = operations.claim_to_send(subject)
    assert lease is not None
    orders._record(subject, lease=lease, outcome=SILENT, at=NOON)


def question(
    orders: ModuleType, subject: str, *, outcome: Outcome = SILENT, is_notified: bool = False
) -> None:
    """Be a worker who asks, and is told this."""
    let_machines_wait()
    with transaction.atomic():
        lease = operations.claim_to_ask(subject, is_notified=is_notified)
    assert lease is not None
    orders._record(subject, lease=lease, outcome=outcome, at=NOON)


def last_question(orders: ModuleType, subject: str) -> None:
    ChannelOperation.objects.filter(subject=subject).update(queries=len(QUERY_DELAYS) - 1)
    question(orders, subject)


def told(served: str, kind: str) -> tuple[int, int]:
    """Count the events and the rows of the audit trail of a kind."""
    return (
        Event.objects.filter(subject=served, kind=kind).count(),
        AuditEntry.objects.filter(subject=served, action=kind).count(),
    )


@ALL
def test_the_last_question_tells_it_once(
    orders: ModuleType, make: Callable[[], tuple[str, str]], kind: str
):
    # Given
    subject, served = make()
    sent(orders, subject)
    question(orders, subject)
    assert told(served, kind) == (0, 0)

    # When
    last_question(orders, subject)

    # Then
    operation = ChannelOperation.objects.get(subject=subject)
    assert (operation.status, operation.next_query_at) == ("manual_review", None)
    assert told(served, kind) == (1, 1)
    assert AuditEntry.objects.get(action=kind).actor == "channel:alipay"

    # When somebody asks all the same, and nothing new is said
    question(orders, subject, is_notified=True)
    question(orders, subject, outcome=UNSETTLED, is_notified=True)

    # Then
    assert told(served, kind) == (1, 1)


def test_what_it_tells_is_what_outsiders_may_know_of_it():
    # Given
    subject, payment_id = tried()
    sent(attempts, subject)

    # When
    last_question(attempts, subject)

    # Then
    event = Event.objects.get(kind="payment.manual_review")
    assert (event.subject, event.payload["status"]) == (payment_id, "awaiting_payment")
    assert Event.objects.filter(subject=payment_id).latest("sequence") == event


@ALL
def test_who_loses_the_lease_tells_nothing(
    orders: ModuleType, make: Callable[[], tuple[str, str]], kind: str
):
    # Given
    subject, served = make()
    sent(orders, subject)
    let_machines_wait()
    with transaction.atomic():
        late = operations.claim_to_ask(subject)
    ChannelOperation.objects.filter(subject=subject).update(queries=len(QUERY_DELAYS) - 1)
    question(orders, subject)
    assert told(served, kind) == (1, 1)

    # When, Then
    with pytest.raises(LeaseLostError):
        orders._record(subject, lease=late, outcome=SILENT, at=NOON)
    assert told(served, kind) == (1, 1)


def test_a_refund_that_cannot_be_delivered_says_that_instead():
    # Given
    asked = refund_asked(paid_payment())

    # When its sending is answered so, and then the question
    for _time in range(2):
        answered_refund(asked, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL", raw="{}"))

    # Then
    assert ChannelOperation.objects.get(subject=asked.pk).status == "manual_review"
    assert told(asked.pk, "refund.abnormal") == (1, 1)
    assert told(asked.pk, "refund.manual_review") == (0, 0)
