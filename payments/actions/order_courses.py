"""Where an order to a channel stands after what was said of it, and when it is asked about next."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.expressions import Combinable

from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.models import ChannelOperation, DatabaseClock, OperationKind
from payments.states import OPERATION, OperationStatus

QUERY_DELAYS = [
    *(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900)),
    *(timedelta(hours=hours) for hours in (1, 3, 6)),
    *(timedelta(days=1) for _ in range(7)),
]
"""How long to wait before each question (R10); after the last, people look."""

UNASKED_PAUSE = timedelta(minutes=1)
"""How long a question waits at least that nobody could ask: our own keys could not be used."""

BY_EVIDENCE = "BY_EVIDENCE"
"""Our own code of an outcome that people decided on."""

ENDED = (OperationStatus.CLOSED, OperationStatus.MANUAL_REVIEW)
"""Asked about only when the channel tells us something, or a person wants to know.

A success moves both; what people look at may also be answered with a failure, or be closed by them.
"""

LOOKED_AT_AGAIN = (OperationKind.REFUND, OperationKind.CAPTURE, OperationKind.VOID)
"""Kinds of orders of whose end a channel may say something else later: people look at it then."""

RESULTS = {
    OutcomeKind.SUCCEEDED: OperationStatus.SUCCEEDED,
    OutcomeKind.FAILED: OperationStatus.FAILED,
    OutcomeKind.CLOSED: OperationStatus.CLOSED,
    OutcomeKind.AWAITING_PAYER: OperationStatus.AWAITING_PAYER,
    OutcomeKind.PROCESSING: OperationStatus.PROCESSING,
    OutcomeKind.UNKNOWN: OperationStatus.UNKNOWN,
    OutcomeKind.NOT_SENT: OperationStatus.PREPARED,
    # People look: the channel took the order and could not deliver the money.
    OutcomeKind.ABNORMAL: OperationStatus.MANUAL_REVIEW,
    # It was done, and the money came back afterwards; the noun says so, the order succeeded.
    OutcomeKind.RETURNED: OperationStatus.SUCCEEDED,
}
FINAL = (OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CLOSED)

AT_REST = (
    Q(status__in=ENDED)
    | Q(
        status__in=[OperationStatus.SUCCEEDED, OperationStatus.FAILED],
        kind__in=LOOKED_AT_AGAIN,
    )
    | Q(status=OperationStatus.FAILED, kind=OperationKind.PAY)
)
"""Chooses the orders about which nobody asks by themselves, and asking may tell."""

_UNDER_WAY = (OperationStatus.AWAITING_PAYER, OperationStatus.PROCESSING)


def is_at_rest(operation: ChannelOperation) -> bool:
    """Tell of one order what AT_REST chooses.

    Money may come by an order that failed here, whether it was ever sent or not: that is followed.
    """
    if operation.status in ENDED:
        return True
    if operation.kind == OperationKind.PAY:
        return operation.status == OperationStatus.FAILED
    is_over = operation.status in (OperationStatus.SUCCEEDED, OperationStatus.FAILED)
    return is_over and operation.kind in LOOKED_AT_AGAIN


def is_failed_try(operation: ChannelOperation) -> bool:
    """Tell whether an order to pay has failed: of what is said of it later only money is news."""
    return operation.kind == OperationKind.PAY and operation.status == OperationStatus.FAILED


def tells_nothing(outcome: Outcome) -> bool:
    """Tell whether a question got no answer; that there is no such order is one."""
    if outcome.kind == OutcomeKind.NOT_SENT:
        return True
    return outcome.kind == OutcomeKind.UNKNOWN and outcome.code != NOT_FOUND


def next_status(
    operation: ChannelOperation, outcome: Outcome, *, is_question: bool, is_over: bool = False
) -> str:
    """Return where an order stands once this was said; `is_question` tells asking from sending.

    What waits for its payer while nobody can say how it stands is unknown once the time in which
    they may pay `is_over`: they may have paid. It is asked about for one schedule more then.
    """
    result = RESULTS[outcome.kind]
    if result == OperationStatus.PREPARED and is_question:
        result = OperationStatus.UNKNOWN  # the question never left; the order may have
    if operation.status == OperationStatus.SENDING:
        # Of an order whose sender died a query may say what no sender is told, `closed`: it is
        # unknown first, and the next question ends it.
        is_told = OPERATION.allows(operation.status, result)
        return result if is_told else OperationStatus.UNKNOWN
    if operation.status == OperationStatus.SUCCEEDED:
        # Of what was done only its return is news; what else is said of it people look at.
        if has_come_back(operation, outcome):
            return OperationStatus.MANUAL_REVIEW
        return operation.status
    if operation.status == OperationStatus.FAILED:
        # What else it served was given back, and people look; the money of a payment is followed.
        has_come = outcome.kind == OutcomeKind.SUCCEEDED and is_question
        return result if has_come and is_failed_try(operation) else operation.status
    if operation.status in ENDED:
        is_an_end = (
            result == OperationStatus.SUCCEEDED
            or (result == OperationStatus.FAILED and is_question)
            or (result == OperationStatus.CLOSED and outcome.code == BY_EVIDENCE)
        )
        is_told = is_an_end and OPERATION.allows(operation.status, result)
        return result if is_told else operation.status
    is_under_way = result in _UNDER_WAY and not OPERATION.allows(operation.status, result)
    if is_under_way or result in (OperationStatus.UNKNOWN, OperationStatus.PREPARED):
        # Nothing new: it waits, or is unknown, as before; a bank is at it, or the payer again.
        in_doubt = is_over and _waits_unheard(operation, result)
        return result if in_doubt else operation.status
    if result == OperationStatus.FAILED and not is_question:
        return operation.status  # the second sending was refused; the first may have been done
    return result


def _waits_unheard(operation: ChannelOperation, result: OperationStatus) -> bool:
    waits = operation.status == OperationStatus.AWAITING_PAYER
    return waits and result == OperationStatus.UNKNOWN


def asked_so_far(operation: ChannelOperation, *, was: str, is_unasked: bool) -> int:
    """Return how many questions of its schedule were asked about an order that was `was` before.

    One that nobody could ask is none of them. What waited and is unknown now begins its schedule.
    """
    is_doubt = (was, operation.status) == (OperationStatus.AWAITING_PAYER, OperationStatus.UNKNOWN)
    return 0 if is_doubt else operation.queries - is_unasked


def has_come_back(operation: ChannelOperation, outcome: Outcome) -> bool:
    """Tell whether a channel says of a refund that its money came back after it was made."""
    came_back = (OutcomeKind.RETURNED, OutcomeKind.ABNORMAL)
    return operation.kind == OperationKind.REFUND and outcome.kind in came_back


def has_come_to_people(operation: ChannelOperation, *, was: str) -> bool:
    """Tell whether people look at an order from here on, which stood at `was` before.

    True once for each time that it comes to them: who records it tells of what it serves.
    """
    return was != operation.status == OperationStatus.MANUAL_REVIEW


def next_query_at(operation: ChannelOperation, *, is_unasked: bool = False) -> Combinable | None:
    """Set when to ask (or to send, if it never left) next; after the last question people look.

    An order that waits for its payer is asked about daily for as long as it may be paid: its
    outcome is not unknown, and its expiry ends it, or makes it unknown. Counted by the database's
    clock. A question that nobody could ask (`is_unasked`) is none of the schedule, and comes again
    after a pause.
    """
    if operation.status in (*FINAL, OperationStatus.MANUAL_REVIEW):
        return None
    if operation.status == OperationStatus.PREPARED:
        tried = min(operation.sends, len(QUERY_DELAYS)) - 1
    else:
        tried = operation.queries
    if operation.status == OperationStatus.AWAITING_PAYER:
        tried = min(tried, len(QUERY_DELAYS) - 1)
    if tried >= len(QUERY_DELAYS):
        operation.status = OperationStatus.MANUAL_REVIEW
        return None
    delay = QUERY_DELAYS[tried]
    return DatabaseClock() + (max(delay, UNASKED_PAUSE) if is_unasked else delay)
