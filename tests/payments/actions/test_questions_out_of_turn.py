"""Who makes us ask out of turn brings no order before people: R10 counts its own questions."""

import pytest
from django.db import transaction

from payments.actions import checkout, operations
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import NO_ANSWER, Outcome, OutcomeKind
from payments.models import ChannelOperation, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, minted_session, owed_payment
from tests.instants import NOON
from tests.rig.attacks import run_sql

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = Outcome(OutcomeKind.UNKNOWN, code=NO_ANSWER)


@pytest.fixture
def session():
    """A payer whose order was sent, and nobody knows what became of it."""
    AlipayAccountFactory()
    session = minted_session(owed_payment(payer_no="P1")).session
    checkout.confirm(session, method="alipay_qr", token="", client_ip=None, at=NOON)
    for status in ("sending", "unknown"):
        ChannelOperation.objects.update(status=status)
        PaymentAttempt.objects.update(status=status)
    return session


def ask(*, is_notified: bool) -> ChannelOperation:
    """Be the worker that asks and hears nothing."""
    operation = ChannelOperation.objects.get()
    with transaction.atomic():
        lease = operations.claim_to_ask(operation.subject, is_notified=is_notified)
        assert lease is not None
        operation.refresh_from_db()
        operations.record_outcome(operation, lease=lease, outcome=NOTHING, at=NOON)
    return ChannelOperation.objects.get()


def test_a_payer_who_comes_back_again_and_again_uses_up_no_schedule(session):
    # When
    for _ in QUERY_DELAYS:
        checkout.come_back(session, at=NOON)
        asked = run_sql("SELECT args ->> 'is_notified' FROM procrastinate_jobs ORDER BY id DESC")
        operation = ask(is_notified=asked[0][0] == "true")

    # Then it is asked about in its turn still
    assert (operation.status, operation.queries) == ("unknown", 0)
    assert operation.next_query_at is not None


def test_the_schedule_s_own_questions_come_to_an_end(session):
    # When
    for _ in QUERY_DELAYS:
        operation = ask(is_notified=False)

    # Then
    assert (operation.status, operation.queries) == ("manual_review", len(QUERY_DELAYS))


def test_of_what_has_ended_each_question_counts_so_that_the_pauses_grow(session):
    # Given
    ChannelOperation.objects.update(status="manual_review")

    # When, Then
    assert [ask(is_notified=True).queries for _ in range(3)] == [1, 2, 3]
