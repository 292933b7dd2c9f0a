"""What is believed of what a channel says of a refund: not another amount, and no old news."""

from dataclasses import replace

from payments.channels.base import Outcome, OutcomeKind
from payments.models import Refund
from payments.states import REFUNDS_IN_FLIGHT, RefundStatus

AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
"""The channel says that it refunded something else than was ordered: not believed, people look."""

_NOT_MADE = (OutcomeKind.FAILED, OutcomeKind.CLOSED)


def came_back(refund: Refund) -> bool:
    """Tell whether a refund was made, and its money came back and is owed to its payer again.

    One that failed here and was made after all did not come back, whatever its turn is.
    """
    return refund.status in REFUNDS_IN_FLIGHT and refund.succeeded_at is not None


def believed(refund: Refund, outcome: Outcome, *, is_question: bool) -> Outcome:
    """Return what is believed of an outcome; `is_question` tells asking from sending.

    That what came back was not made is no news: people alone give it to its merchants. A success
    of another amount or currency is taken for what it is: nobody knows what happened.
    """
    if is_question and outcome.kind in _NOT_MADE and came_back(refund):
        return replace(outcome, kind=OutcomeKind.ABNORMAL)
    is_made = outcome.kind in (OutcomeKind.SUCCEEDED, OutcomeKind.RETURNED)
    is_known = refund.status == RefundStatus.SUCCEEDED and outcome.amount_minor is None
    if not is_made or (outcome.kind == OutcomeKind.RETURNED and is_known):
        return outcome
    is_ours = (outcome.amount_minor, outcome.currency) == (refund.amount_minor, refund.currency)
    parts = (outcome.fee_minor, outcome.payer_minor, outcome.settled_minor)
    if is_ours and all(part is None or 0 <= part <= refund.amount_minor for part in parts):
        return outcome
    return replace(outcome, kind=OutcomeKind.UNKNOWN, code=AMOUNT_DIFFERS)
