"""What nobody knows, and what comes too late, at each channel: F06, F07, F08, F16, F17, F20."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.models import JournalEntry
from payments.actions import attempts, closing, payment_questions, refund_orders
from payments.channels.unionpay import numbers
from payments.errors import PaymentOutcomeUnknownError
from payments.models import (
    BalanceTransaction,
    ChannelNotification,
    ParkedMoney,
    Payment,
    PaymentAttempt,
    Refund,
)
from settlements.queries import integrity
from tests.books import assert_entry
from tests.contracts.accounts import number_of_ours
from tests.contracts.desks import ACCEPTED, LATER, METHODS, Desk
from tests.factories.payments import confirmed_payment, refund_asked
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, order_fault, run_jobs

KEPT = {"payments_channelnotification": 1}
HEARD = KEPT | {"procrastinate_jobs": 1, "procrastinate_events": 1}
REFUND_CALLS = {
    "alipay": "alipay.trade.refund",
    "wechatpay": "wechat.refund",
    "unionpay": "unionpay.refund",
}
PAY_CALLS = {"alipay": "alipay.trade.precreate", "wechatpay": "wechat.native"}
NUMBERS = {"alipay": "out_trade_no", "wechatpay": "out_trade_no", "unionpay": "orderId"}
AT_IT = {
    "alipay": [{"trade_status": "WAIT_BUYER_PAY", "send_pay_date": None}],
    "wechatpay": [
        {"trade_state": state, "success_time": None}
        for state in ("USERPAYING", "NOTPAY", "ACCEPT", "PAYERROR")
    ],
    "unionpay": [{"origRespCode": code} for code in ("03", "04", "05", "70", "60")],
}
"""How an answer says that a payer, or a bank, is at it, or has failed and may try again."""
CLOSED = {
    "alipay": {"trade_status": "TRADE_CLOSED", "send_pay_date": None},
    "wechatpay": {"trade_state": "CLOSED", "success_time": None},
    "unionpay": {"origRespCode": "69"},
}
"""How an answer says that an order is over, and was never paid."""
NO_WORD = {
    "alipay": {"code": "20000", "sub_code": "isp.unknow-error", "refund_status": None},
    "wechatpay": {"status": "THINKING"},
    "unionpay": {"origRespCode": "98"},
}
"""Changes by which a question about a refund is answered, and nothing is said."""


def booked(desk: Desk) -> PaymentAttempt:
    """Have 100.00 paid, and known here."""
    attempt = desk.ask(desk.paid())
    assert attempt.payment.status == "paid"
    return attempt


def refund_that_fails(desk: Desk, kind: str, **how: object) -> Refund:
    """Order a refund of 40.00 whose answer is lost."""
    attempt = booked(desk)
    call = REFUND_CALLS[desk.channel]
    order_fault(desk.other_side, kind, app_id=desk.owner, method=call, **how)
    refund = desk.refund(attempt, 4_000)
    refund.refresh_from_db()
    assert (refund.status, refund.operation.status) == ("unknown", "unknown")
    return refund


def look_after(refund: Refund, *, at) -> Refund:
    """Let the janitor come, and the workers."""
    let_machines_wait()
    refund_orders.defer_due(at=at)
    run_jobs()
    return Refund.objects.select_related("operation").get(pk=refund.pk)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("timeout_after_commit", {}),
        ("http_500", {"after_commit": True}),
        ("system_error", {"after_commit": True}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_f06_f07_what_was_done_unheard_is_found_days_later_under_its_number(desk, kind, how):
    # Given
    refund = refund_that_fails(desk, kind, **how)
    number, payer_waits = refund.operation.channel_no, JournalEntry.objects.count()

    # When three days go by, in which nobody answers anything that tells
    for day in range(3):
        at = LATER + timedelta(days=day)
        desk.way_out.change = lambda answer: desk.pen.answer(answer, NO_WORD[desk.channel])
        refund = look_after(refund, at=at)
        desk.way_out.change = None
        assert refund.status == "unknown"
        assert JournalEntry.objects.count() == payer_waits
    refund = look_after(refund, at=LATER + timedelta(days=3))

    # Then
    assert (refund.status, refund.operation.sends) == ("succeeded", 1)
    assert refund.operation.channel_no == number
    part = refund.allocations.get()
    assert_entry(f"{part.pk}:succeeded", "Dr 2101 40.00 CNY\nCr 1101 40.00 CNY")
    assert integrity.verify().violations == []


def test_f08_not_found_is_no_failure_and_nothing_is_sent_again_within_the_window(desk):
    # Given
    refund = refund_that_fails(desk, "timeout_before")
    before = JournalEntry.objects.count()

    # When
    for hour in range(3):
        refund = look_after(refund, at=LATER + timedelta(hours=hour))

    # Then
    assert (refund.status, refund.operation.status) == ("unknown", "unknown")
    assert (refund.operation.code, refund.operation.sends) == ("NOT_FOUND", 1)
    assert JournalEntry.objects.count() == before


def named(desk: Desk, number: str) -> dict[str, object]:
    """Say under which number the channel shall speak of a payment."""
    time = {"txnTime": numbers.txn_time(number)} if desk.channel == "unionpay" else {}
    return {NUMBERS[desk.channel]: number, **time}


def test_f16_a_success_of_what_was_never_sent_is_credited_to_nobody(desk):
    # Given the letter about a payment, and an order of ours that has not left
    paid = desk.paid()
    unsent = confirmed_payment(method=METHODS[desk.channel])

    # When it names a number that nobody gave
    with nothing_written(but=KEPT):
        said = desk.hand_in(desk.letter(paid, named(desk, number_of_ours("ATT"))))

    # Then
    assert said == ACCEPTED[desk.channel]
    assert ChannelNotification.objects.latest("id").subject == ""

    # When it names that order
    said = desk.hand_in(desk.letter(paid, named(desk, unsent.operation.channel_no)))
    with nothing_written():
        attempts.query_attempt(unsent.pk, at=LATER, is_notified=True)

    # Then
    assert said == ACCEPTED[desk.channel]
    assert desk.read(unsent).operation.status == "prepared"
    assert Payment.objects.get(pk=unsent.payment_id).status == "awaiting_payment"
    assert not JournalEntry.objects.exists()
    assert not BalanceTransaction.objects.exists()


def test_f07_a_bank_that_takes_its_time_ends_nothing(desk):
    # Given
    attempt = desk.paid()

    for changes in AT_IT[desk.channel]:
        # When
        with desk.answering(changes):
            attempt = desk.ask(attempt)

        # Then
        assert (attempt.status, attempt.payment.status) == ("awaiting_payer", "awaiting_payment")
        assert not JournalEntry.objects.exists()
    assert desk.ask(attempt).payment.status == "paid"


@pytest.mark.parametrize("channel", sorted(PAY_CALLS))
def test_f17_nothing_follows_an_order_of_which_nobody_knows(desks, channel):
    """At UnionPay to pay is no call of ours: nobody can be in doubt of it."""
    # Given
    desk = desks[channel]
    attempt = confirmed_payment(method=METHODS[channel])
    call = PAY_CALLS[channel]
    order_fault(desk.other_side, "timeout_after_commit", app_id=desk.owner, method=call)
    attempts.send_attempt(attempt.pk, at=LATER)
    assert desk.read(attempt).status == "unknown"

    # When, Then
    with nothing_written(), pytest.raises(PaymentOutcomeUnknownError):
        refund_asked(attempt.payment, amount_minor=1_000)

    # When the door has the channel asked
    payment_questions.have_asked(attempt.payment_id, at=LATER)
    let_machines_wait()
    run_jobs()

    # Then it is known
    assert desk.read(attempt).status == "awaiting_payer"


def test_f20_money_of_an_order_that_failed_here_is_followed(desk):
    # Given an order that its channel has taken and was paid for, and that failed here
    attempt = desk.paid()
    for row in (attempt.operation, attempt):
        row.status = "failed"
        row.save(update_fields=["status"])

    # When its letter comes
    with nothing_written(but=HEARD):
        assert desk.hand_in(desk.letter(attempt)) == ACCEPTED[desk.channel]
    run_jobs()

    # Then our own question has found it paid
    attempt = desk.read(attempt)
    assert (attempt.status, attempt.operation.status) == ("succeeded", "succeeded")
    assert attempt.payment.status == "paid"
    assert BalanceTransaction.objects.get().gross_minor == 10_000
    assert integrity.verify().violations == []


def test_f20_money_for_a_closed_payment_waits_in_suspense(desk):
    # Given a payment that was closed, as the channel had said, though it was paid
    attempt = desk.paid()
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="key:t", at=LATER)
    with desk.answering(CLOSED[desk.channel]):
        attempt = desk.ask(attempt)
    assert attempt.payment.status == "closed"
    run_jobs()

    # When its letter comes
    with nothing_written(but=HEARD):
        assert desk.hand_in(desk.letter(attempt)) == ACCEPTED[desk.channel]
    run_jobs()

    # Then
    payment = Payment.objects.get()
    assert payment.status == "paid_late"
    assert_entry(f"{payment.pk}:paid_late", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
    money = ParkedMoney.objects.get()
    assert (money.kind, money.status, money.amount_minor) == ("paid_late", "waiting", 10_000)
    assert not BalanceTransaction.objects.exists()
    with nothing_written(but=KEPT):
        assert desk.hand_in(desk.letter(attempt)) == ACCEPTED[desk.channel]
    assert integrity.verify().violations == []
