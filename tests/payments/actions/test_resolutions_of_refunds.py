"""What people agree became of a refund's order is of one review: it may come into another one."""

from datetime import timedelta

import pytest

from ledger.actions.approvals import digest_of
from payments.actions import order_resolutions, refund_orders, refund_remedies
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelOperation, Refund
from payments.parked_states import RemedyKind
from payments.queries.order_resolutions import Resolution, agreed_resolution
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import answered_refund, paid_payment, refund_asked
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

MADE = Resolution("succeeded", "channel_letter", "mail 5", "It was paid out.")
LATER = NOON + timedelta(hours=1)


def test_what_was_agreed_before_it_went_another_way_is_not_recorded_of_it():
    # Given people agreed, and the channel's own word came first: it could not be delivered
    refund = refund_asked(paid_payment())
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    in_review(refund)
    order = Refund.objects.get().operation_id
    request = order_resolutions.request_resolution(order, MADE, actor=MAKER, at=NOON)
    order_resolutions.approve_resolution(
        order, shown_digest=digest_of(request.payload), decider=CHECKER, at=NOON
    )
    assert agreed_resolution(ChannelOperation.objects.get(pk=order)) == request
    answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))

    # When it goes another way, of which nobody hears either
    remedy = refund_remedies.request_remedy(
        refund.pk, kind=RemedyKind.OUR_ACCOUNT, note="To us.", actor=MAKER, at=LATER
    )
    refund_remedies.approve_remedy(
        refund.pk, shown_digest=bytes(remedy.approval.digest), decider=CHECKER, at=LATER
    )
    in_review(refund)

    # Then what they said is not of this, and may be said anew
    with nothing_written():
        refund_orders.resolve_refund(refund.pk, at=LATER)
    assert ChannelOperation.objects.get(pk=order).status == "manual_review"
    assert order_resolutions.request_resolution(order, MADE, actor=MAKER, at=LATER) != request


def in_review(refund: Refund) -> None:
    """Let nobody have answered to the end of the schedule."""
    order = ChannelOperation.objects.filter(subject=refund.pk)
    Refund.objects.exclude(status="unknown").update(status="unknown")
    order.exclude(status="unknown").update(status="unknown", next_query_at=NOON)
    order.update(status="manual_review", next_query_at=None)
