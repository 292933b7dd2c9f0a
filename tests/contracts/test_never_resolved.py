"""F09: a channel that never says what became of an order is asked for as long as R10 says.

Then people look. Nobody asks before a question is due, nor after the last one: there is no busy
loop. What is counted is what the simulator's log of effects has under the order's number.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from procrastinate.contrib.django import app

from ledger.models import JournalEntry
from payments.actions import attempts, closing
from payments.actions.order_courses import QUERY_DELAYS
from payments.models import ChannelOperation, Refund
from settlements.queries import integrity
from tests.contracts.blind_resends import effect_log
from tests.contracts.counterparts import CHANNELS
from tests.contracts.desks import LATER, METHODS, Desk
from tests.factories.payments import confirmed_payment
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, order_fault, run_jobs

AFTER_ITS_TIME = NOON + timedelta(days=3)
PAYING = {"alipay": "alipay.trade.precreate", "wechatpay": "wechat.native"}
REFUNDING = {
    "alipay": "alipay.trade.refund",
    "wechatpay": "wechat.refund",
    "unionpay": "unionpay.refund",
}
NO_WORD = {
    "alipay": {
        "code": "20000",
        "sub_code": "isp.unknow-error",
        "refund_status": None,
        "trade_status": None,
    },
    "wechatpay": {"status": "THINKING", "trade_state": "THINKING"},
    "unionpay": {"origRespCode": "98"},
}
"""Changes by which a question is answered in full, and nothing is said of what was asked."""


def requests(desk: Desk, number: str, *, call: str) -> int:
    """Count what came to the channel under a number of ours."""
    return sum(
        effect["kind"] == "request" and (effect["number"], effect["method"]) == (number, call)
        for effect in effect_log(desk.other_side)
    )


def look_after_it_all(desk: Desk, *, at: datetime, asked: Callable[[], int]) -> list[int]:
    """Be janitor and workers for twice as long as the schedule is, while the channel says nothing.

    Gives how many questions came each time that one was due. In between nobody asks.
    """
    came = []
    desk.way_out.change = lambda answer: desk.pen.answer(answer, NO_WORD[desk.channel])
    for _ in range(2 * len(QUERY_DELAYS)):
        before = asked()
        let_machines_wait()
        for _ in range(3):
            app.tasks["payments.janitor"](at=at.isoformat())
            run_jobs()
        came.append(asked() - before)
    desk.way_out.change = None
    return came


EACH_ONCE = [1] * len(QUERY_DELAYS) + [0] * len(QUERY_DELAYS)


def test_f09_a_refund_is_asked_about_to_the_end_of_the_schedule_and_then_people_look(desk):
    # Given one of which nobody here has heard
    attempt = desk.ask(desk.paid())
    call = REFUNDING[desk.channel]
    order_fault(desk.other_side, "timeout_after_commit", app_id=desk.owner, method=call)
    refund = desk.refund(attempt, 4_000)
    number = ChannelOperation.objects.get(subject=refund.pk).channel_no
    entries = JournalEntry.objects.count()

    # When
    question = CHANNELS[desk.channel].calls["query_refund"]
    came = look_after_it_all(desk, at=LATER, asked=lambda: requests(desk, number, call=question))

    # Then
    assert came == EACH_ONCE
    operation = ChannelOperation.objects.get(subject=refund.pk)
    assert (operation.status, operation.next_query_at) == ("manual_review", None)
    assert Refund.objects.get().status == "unknown"
    assert requests(desk, number, call=call) == 1
    assert JournalEntry.objects.count() == entries
    assert integrity.verify().violations == []


@pytest.mark.parametrize("channel", sorted(PAYING))
def test_f09_so_is_a_payment_whose_order_nobody_answered(desks, channel):
    """At UnionPay to pay is no call of ours: nobody can be in doubt of it."""
    # Given
    desk = desks[channel]
    attempt = confirmed_payment(method=METHODS[channel])
    call = PAYING[channel]
    order_fault(desk.other_side, "timeout_after_commit", app_id=desk.owner, method=call)
    attempts.send_attempt(attempt.pk, at=NOON)
    number = desk.read(attempt).operation.channel_no

    # When
    question = CHANNELS[channel].calls["query"]
    came = look_after_it_all(desk, at=LATER, asked=lambda: requests(desk, number, call=question))

    # Then
    assert came == EACH_ONCE
    attempt = desk.read(attempt)
    assert (attempt.status, attempt.payment.status) == ("manual_review", "awaiting_payment")
    assert attempt.operation.next_query_at is None
    assert requests(desk, number, call=call) == 1


def test_f09_so_is_a_payment_whose_time_is_over_and_whose_payer_may_have_paid(desk):
    # Given one that its payer looks at, and of which no word came until its time was over
    attempt = desk.ordered()
    assert attempt.status == "awaiting_payer"
    number = attempt.operation.channel_no
    closing.expire_payments(actor="task:t", at=AFTER_ITS_TIME)

    # When
    question = CHANNELS[desk.channel].calls["query"]
    before = requests(desk, number, call=question)
    look_after_it_all(desk, at=AFTER_ITS_TIME, asked=lambda: requests(desk, number, call=question))

    # Then the one that shall close it is not answered, and its schedule begins
    assert requests(desk, number, call=question) - before == 1 + len(QUERY_DELAYS)
    attempt = desk.read(attempt)
    assert (attempt.status, attempt.payment.status) == ("manual_review", "closing")
    assert attempt.operation.next_query_at is None
