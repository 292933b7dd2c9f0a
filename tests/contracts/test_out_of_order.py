"""F19: whatever the channel tells us in whatever order, we end where the channel is.

Every sequence of up to five letters about one payment: paid, the same letter again, closed, half
way, refunded. What is true at the channel does not change meanwhile; a letter only makes us ask.
`make test` takes some by chance, `make harness` (HARNESS=1) all of them.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.db import connection, transaction

from ledger.models import JournalEntry
from payments.actions import closing, refund_orders
from payments.channels.unionpay import numbers
from payments.models import Payment, PaymentAttempt, Refund
from settlements.queries import integrity
from tests.contracts import extent
from tests.contracts.accounts import number_of_ours
from tests.contracts.desks import ACCEPTED, LATER, METHODS, Desk
from tests.contracts.mailbox import Letter
from tests.rig.stage import let_machines_wait, order_fault, run_jobs

PAID, AGAIN, CLOSED, HALF_WAY, REFUNDED = "paid", "again", "closed", "half way", "refunded"
KINDS = (PAID, AGAIN, CLOSED, HALF_WAY, REFUNDED)
SEQUENCES = [
    sequence for length in range(1, 6) for sequence in itertools.permutations(KINDS, length)
]
SOME = 3
REFUND_CALLS = {
    "alipay": "alipay.trade.refund",
    "wechatpay": "wechat.refund",
    "unionpay": "unionpay.refund",
}


def sequences(name: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Choose what is told, and whether we ask after each letter or after the last one only."""
    chance = extent.chance(name)
    chosen = SEQUENCES if extent.IS_WHOLE else chance.sample(SEQUENCES, SOME)
    for sequence in chosen:
        yield sequence, chance.random() < 0.5


def letters_about(desk: Desk, attempt: PaymentAttempt, *, refund_no: str) -> dict[str, Letter]:
    """Write all that the channel could say of an order and a refund of it, truly signed."""
    letter = desk.letter(attempt)
    match desk.channel:
        case "alipay":
            closed = {"trade_status": "TRADE_CLOSED", "notify_id": f"{refund_no}c"}
            half_way = {"trade_status": "WAIT_BUYER_PAY", "notify_id": f"{refund_no}h"}
            refunded = {
                "out_biz_no": refund_no,
                "refund_fee": "100.00",
                "notify_id": f"{refund_no}r",
            }
        case "wechatpay":
            closed = {"trade_state": "CLOSED", "id": f"{refund_no}c"}
            half_way = {"trade_state": "USERPAYING", "id": f"{refund_no}h"}
            refunded = {
                "event_type": "REFUND.SUCCESS",
                "out_refund_no": refund_no,
                "refund_status": "SUCCESS",
                "id": f"{refund_no}r",
            }
        case _:
            closed, half_way = {"respCode": "69"}, {"respCode": "03"}
            refunded = {
                "txnType": "04",
                "orderId": refund_no,
                "txnTime": numbers.txn_time(refund_no),
                "queryId": refund_no[-21:],
            }
    return {
        PAID: letter,
        AGAIN: letter,
        CLOSED: desk.pen.letter(letter, closed),
        HALF_WAY: desk.pen.letter(letter, half_way),
        REFUNDED: desk.pen.letter(letter, refunded),
    }


def tell(desk: Desk, letters: dict[str, Letter], sequence: tuple[str, ...], *, each: bool) -> None:
    """Hand the letters in, in this order, and ask as often as was chosen."""
    for kind in sequence:
        assert desk.hand_in(letters[kind]) == ACCEPTED[desk.channel]
        if each:
            run_jobs()
    run_jobs()


def entries_of(payment: Payment) -> list[str]:
    """Return what was booked for a payment and its refunds, by the ends of the sources."""
    parts = [payment.pk, payment.allocations.get().pk]
    for refund in Refund.objects.filter(payment=payment):
        parts += [refund.pk, *refund.allocations.values_list("pk", flat=True)]
    return sorted(
        entry.source.partition(":")[2]
        for part in parts
        for entry in JournalEntry.objects.filter(source__startswith=f"{part}:")
    )


@dataclass(frozen=True)
class Story:
    """What is true at the channel, and what we make of it: `begin` gives the refund's number.

    `heard` are the letters of which one is enough; without it the janitor's question is.
    """

    begin: Callable[[Desk, PaymentAttempt], str]
    heard: tuple[str, ...]
    status: str
    booked: list[str]
    untold: list[str]


def not_heard_of(_desk: Desk, _attempt: PaymentAttempt) -> str:
    """Be paid, and nobody here knows; the refund is one that we never ordered."""
    return number_of_ours("RFD")


def given_up(desk: Desk, attempt: PaymentAttempt) -> str:
    """Be paid after the payment was closed here, as far as we know; its job is late."""
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="key:t", at=LATER)
    with connection.cursor() as cursor:
        # It asks by itself, and what the letters bring about is to be seen.
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day'"
            " WHERE status = 'todo' AND queueing_lock = %s",
            [f"{attempt.pk}:close"],
        )
        assert cursor.rowcount == 1
    return number_of_ours("RFD")


def refund_unknown(desk: Desk, attempt: PaymentAttempt) -> str:
    """Be paid, and refunded in full; the answer to the order to refund was lost."""
    desk.ask(attempt)
    order_fault(
        desk.other_side,
        "timeout_after_commit",
        app_id=desk.owner,
        method=REFUND_CALLS[desk.channel],
    )
    refund = desk.refund(attempt, 10_000)
    refund.refresh_from_db()
    assert refund.status == "unknown"
    return str(refund.operation.channel_no)


STORIES = {
    "paid, and not heard of": Story(
        not_heard_of, (PAID, AGAIN, CLOSED, HALF_WAY), "paid", ["paid"], []
    ),
    "paid, and being closed": Story(
        given_up, (PAID, AGAIN, CLOSED, HALF_WAY), "paid", ["paid"], []
    ),
    "refunded, and not heard of": Story(
        refund_unknown,
        (REFUNDED,),
        "paid",
        ["paid", "request:1", "succeeded"],
        ["paid", "request:1"],
    ),
}


@pytest.mark.parametrize("channel", sorted(METHODS))
@pytest.mark.parametrize("name", sorted(STORIES))
def test_f19_in_whatever_order_they_come_we_end_where_the_channel_is(desks, channel, name):
    desk, story = desks[channel], STORIES[name]
    for sequence, each in sequences(f"{channel} {name}"):
        # Given
        attempt = desk.paid()
        refund_no = story.begin(desk, attempt)
        letters = letters_about(desk, attempt, refund_no=refund_no)
        payment = Payment.objects.get(pk=attempt.payment_id)

        # When
        tell(desk, letters, sequence, each=each)

        # Then
        is_heard = any(kind in story.heard for kind in sequence)
        assert (sequence, entries_of(payment)) == (
            sequence,
            story.booked if is_heard else story.untold,
        )

        # When the janitor comes, who knows of no letters
        let_machines_wait()
        desk.ask(attempt)
        refund_orders.defer_due(at=LATER)
        run_jobs()

        # Then
        payment.refresh_from_db()
        assert (sequence, payment.status) == (sequence, story.status)
        assert (sequence, entries_of(payment)) == (sequence, story.booked)
        refunds = Refund.objects.filter(payment=payment)
        assert {refund.status for refund in refunds} <= {"succeeded"}
    assert integrity.verify().violations == []


def test_every_sequence_is_among_them():
    assert len(SEQUENCES) == 5 + 20 + 60 + 120 + 120
    assert len(set(SEQUENCES)) == len(SEQUENCES)
