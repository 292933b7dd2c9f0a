"""Whatever a channel says of an order, it goes only where the table of states lets it go."""

import itertools

import pytest

from ledger.identifiers import new_id
from payments.actions.operations import ASKABLE
from payments.actions.order_courses import AT_REST, ENDED, is_at_rest, next_status
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelOperation, OperationKind
from payments.states import OPERATION, OperationStatus
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.payments.actions.prepared_orders import PATHS

OVER = (OperationStatus.SUCCEEDED, OperationStatus.FAILED)


@pytest.mark.parametrize("status", [*ASKABLE, *ENDED, *OVER])
def test_no_answer_leads_where_the_table_does_not(status):
    for kind, said in itertools.product(OperationKind, OutcomeKind):
        operation = ChannelOperation(kind=kind, status=status)
        becomes = next_status(operation, Outcome(said), is_question=True)
        assert becomes == status or OPERATION.allows(status, becomes), (kind, said, becomes)


@pytest.mark.parametrize("kind", OperationKind)
def test_only_what_was_asked_pays_an_order_that_failed(kind):
    """What else failed is for people; a late answer to a sending is for nobody."""
    operation = ChannelOperation(kind=kind, status=OperationStatus.FAILED)
    paid = Outcome(OutcomeKind.SUCCEEDED)
    assert next_status(operation, paid, is_question=False) == "failed"
    becomes = "succeeded" if kind == OperationKind.PAY else "failed"
    assert next_status(operation, paid, is_question=True) == becomes


@pytest.mark.django_db
def test_what_is_at_rest_is_the_same_of_one_and_of_many():
    # Given an order of every kind, wherever it may stand
    channel = AlipayAccountFactory()
    for kind, (status, way) in itertools.product(OperationKind, PATHS.items()):
        operation = ChannelOperation.objects.create(
            kind=kind,
            channel_account=channel,
            channel_no=new_id("att"),
            subject=f"{kind}:{status}",
            amount_minor=1,
            currency="CNY",
            created_at=NOON,
        )
        for step in way:
            ChannelOperation.objects.filter(pk=operation.pk).update(status=step)

    # When
    chosen = set(ChannelOperation.objects.filter(AT_REST).values_list("subject", flat=True))

    # Then
    told = {each.subject for each in ChannelOperation.objects.all() if is_at_rest(each)}
    assert chosen == told
    assert {subject for subject in told if subject.startswith("pay:")} == {
        *("pay:closed", "pay:failed", "pay:manual_review")
    }
    assert "payout:failed" not in told


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (OperationStatus.AWAITING_PAYER, OutcomeKind.PROCESSING),
        (OperationStatus.PROCESSING, OutcomeKind.AWAITING_PAYER),
    ],
)
def test_what_is_under_way_stays_where_it_is(status, said):
    """A bank takes its time; a payer whose card was declined may try another one."""
    operation = ChannelOperation(kind=OperationKind.PAY, status=status)
    for is_question in (True, False):
        assert next_status(operation, Outcome(said), is_question=is_question) == status


@pytest.mark.parametrize(
    ("was", "said", "becomes"),
    [
        (OperationStatus.AWAITING_PAYER, OutcomeKind.UNKNOWN, OperationStatus.UNKNOWN),
        (OperationStatus.AWAITING_PAYER, OutcomeKind.NOT_SENT, OperationStatus.UNKNOWN),
        (OperationStatus.AWAITING_PAYER, OutcomeKind.PROCESSING, OperationStatus.AWAITING_PAYER),
        (OperationStatus.PROCESSING, OutcomeKind.UNKNOWN, OperationStatus.PROCESSING),
    ],
)
def test_f09_what_nobody_can_speak_of_is_unknown_once_its_payer_s_time_is_over(was, said, becomes):
    """It waited for its payer before, and was asked about every day for ever."""
    operation = ChannelOperation(kind=OperationKind.PAY, status=was)
    assert next_status(operation, Outcome(said), is_question=True) == was
    assert next_status(operation, Outcome(said), is_question=True, is_over=True) == becomes
