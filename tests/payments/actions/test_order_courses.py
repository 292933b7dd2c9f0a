"""Whatever a channel says of an order, it goes only where the table of states lets it go."""

import itertools

import pytest

from payments.actions.operations import ASKABLE
from payments.actions.order_courses import ENDED, next_status
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelOperation, OperationKind
from payments.states import OPERATION, OperationStatus


@pytest.mark.parametrize("status", [*ASKABLE, *ENDED])
def test_no_answer_leads_where_the_table_does_not(status):
    for kind, said in itertools.product(OperationKind, OutcomeKind):
        operation = ChannelOperation(kind=kind, status=status)
        becomes = next_status(operation, Outcome(said), is_question=True)
        assert becomes == status or OPERATION.allows(status, becomes), (kind, said, becomes)


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
