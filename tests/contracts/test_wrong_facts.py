"""F14: truly signed, and wrong in one fact: amount, currency, payee, app, number, gateway. C4.

A notification is a hint: of what it says of money nothing is read, and a question decides. So a
wrong amount does no harm, and what names somebody else is refused. The answer to a question
decides: one that is wrong tells nothing, or the payment is `conflicted` and its money waits.
"""

import pytest

from ledger.models import JournalEntry
from payments.channels.unionpay import numbers
from payments.models import (
    BalanceTransaction,
    ChannelNotification,
    ParkedMoney,
    Payment,
    PaymentAttempt,
)
from payments.simulator.store import Store
from settlements.queries import integrity
from tests.books import assert_entry
from tests.contracts.desks import ACCEPTED, REFUSED
from tests.contracts.pens import UnionPayPen
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

KEPT = {"payments_channelnotification": 1}
HEARD = KEPT | {"procrastinate_jobs": 1, "procrastinate_events": 1}
BOOKED = """
    Dr 1101 100.00 CNY
    Dr 5001 0.60 CNY
    Cr 1101 0.60 CNY
    Cr 2001 98.00 CNY
    Cr 4001 2.00 CNY
"""
"""What 100.00 books that were paid as asked, at 2.00 % of ours and 0.60 % of the channel's."""
HINT = ""
"""What is not read; else the doubt that is written down."""

NOTICES = {
    "alipay": {
        "amount": ({"total_amount": "0.01"}, HINT),
        "amount more": ({"total_amount": "100000.00"}, HINT),
        "received": ({"receipt_amount": "0.01", "buyer_pay_amount": "0.01"}, HINT),
        "currency": ({"trans_currency": "BRL"}, HINT),
        "payee": ({"seller_id": "2088999999999999"}, "for another seller_id"),
        "app": ({"app_id": "2021999999999999"}, "for another app_id"),
        "no app": ({"app_id": None}, "for another app_id"),
        "state": ({"trade_status": "TRADE_CLOSED"}, HINT),
        "no number": ({"out_trade_no": None}, "out_trade_no is missing or too long"),
        "no id": ({"notify_id": None}, "notify_id is missing or too long"),
    },
    "wechatpay": {
        "amount": ({"amount.total": 1}, HINT),
        "amount more": ({"amount.total": 10_000_000}, HINT),
        "received": ({"amount.payer_total": 1}, HINT),
        "currency": ({"amount.currency": "BRL"}, HINT),
        "payee": ({"mchid": "1599999999"}, "for another mchid"),
        "no payee": ({"mchid": None}, "for another mchid"),
        "app": ({"appid": "wx9999999999999999"}, "for another appid"),
        "state": ({"trade_state": "CLOSED"}, HINT),
        "event": ({"event_type": "TRANSACTION.LOST"}, "an event that nobody asked for"),
        "no number": ({"out_trade_no": None}, "out_trade_no is missing or too long"),
        "no id": ({"id": ""}, "id is missing or too long"),
    },
    "unionpay": {
        "amount": ({"txnAmt": "1", "settleAmt": "1"}, HINT),
        "amount more": ({"txnAmt": "10000000"}, HINT),
        "received": ({"settleAmt": "1"}, HINT),
        "currency": ({"currencyCode": "986"}, HINT),
        "payee": ({"merId": "777290599999999"}, "for another merId"),
        "no payee": ({"merId": None}, "for another merId"),
        "state": ({"respCode": "69"}, HINT),
        "kind": ({"txnType": "79"}, "about what nobody ordered"),
        "time": ({"txnTime": "20260305120001"}, "orderId and txnTime are none of ours"),
        "no number": ({"orderId": None}, "orderId and txnTime are none of ours"),
        "no id": ({"queryId": ""}, "queryId is missing or too long"),
    },
}
CONFLICT = "amount_differs"
"""The answer is believed, and the money waits in suspense: as much as the channel says."""
ANSWERS = {
    "alipay": {
        "amount": ({"total_amount": "0.01"}, CONFLICT, "0.01 CNY"),
        "amount more": (
            {"total_amount": "100.01", "receipt_amount": "100.01", "buyer_pay_amount": "100.01"},
            CONFLICT,
            "100.01 CNY",
        ),
        "received more": ({"receipt_amount": "100.01"}, CONFLICT, "100.00 CNY"),
        "currency": ({"trans_currency": "USD"}, CONFLICT, "100.00 USD"),
        "no amount": ({"total_amount": None}, "UNREADABLE_ANSWER", ""),
        "below zero": ({"total_amount": "-100.00"}, "UNREADABLE_ANSWER", ""),
        "no currency": ({"trans_currency": "XXX"}, "UNREADABLE_ANSWER", ""),
        "time": ({"send_pay_date": "noon"}, "UNREADABLE_ANSWER", ""),
        "number": ({"out_trade_no": "ATT01KJY2E1G00000000000000000"}, "OTHER_NUMBER", ""),
        "state": ({"trade_status": "TRADE_WON"}, "TRADE_WON", ""),
    },
    "wechatpay": {
        "amount": ({"amount.total": 1, "amount.payer_total": 1}, CONFLICT, "0.01 CNY"),
        "amount more": ({"amount.total": 10_001}, CONFLICT, "100.01 CNY"),
        "currency": ({"amount.currency": "USD"}, CONFLICT, "100.00 USD"),
        "no amount": ({"amount.total": None}, "UNREADABLE_ANSWER", ""),
        "below zero": ({"amount.total": -10_000}, "UNREADABLE_ANSWER", ""),
        "text": ({"amount.total": "10000"}, "UNREADABLE_ANSWER", ""),
        "time": ({"success_time": "noon"}, "UNREADABLE_ANSWER", ""),
        "payee": ({"mchid": "1599999999"}, "OTHER_NUMBER", ""),
        "app": ({"appid": "wx9999999999999999"}, "OTHER_NUMBER", ""),
        "number": ({"out_trade_no": "ATT01KJY2E1G00000000000000000"}, "OTHER_NUMBER", ""),
        "state": ({"trade_state": "WON"}, "WON", ""),
    },
    "unionpay": {
        "amount": ({"txnAmt": "1", "settleAmt": "1"}, CONFLICT, "0.01 CNY"),
        "amount more": ({"txnAmt": "10001", "settleAmt": "10001"}, CONFLICT, "100.01 CNY"),
        "received more": ({"settleAmt": "10001"}, CONFLICT, "100.00 CNY"),
        "currency": ({"currencyCode": "840"}, "UNREADABLE_ANSWER", ""),
        "no amount": ({"txnAmt": None}, "UNREADABLE_ANSWER", ""),
        "below zero": ({"txnAmt": "-10000"}, "UNREADABLE_ANSWER", ""),
        "time": ({"traceTime": "noon"}, "UNREADABLE_ANSWER", ""),
        "reference": ({"queryId": None}, "UNREADABLE_ANSWER", ""),
        "payee": ({"merId": "777290599999999"}, "OTHER_NUMBER", ""),
        "number": ({"orderId": "ATT01KJY2E1G00000000000000000"}, "OTHER_NUMBER", ""),
        "number's time": ({"txnTime": "20260305120001"}, "OTHER_NUMBER", ""),
        "state": ({"origRespCode": "77777"}, "77777", ""),
    },
}
MALFORMED = ("missing", "nobody", "none of ours")
"""Of such doubts nobody is called a forger: the message cannot be meant."""


def assert_paid_once(attempt: PaymentAttempt) -> None:
    """See that a payment of 100.00 is paid as it was asked for, and once."""
    payment = Payment.objects.get(pk=attempt.payment_id)
    assert payment.status == "paid"
    source = f"{payment.allocations.get().pk}:paid"
    assert_entry(source, BOOKED)
    assert BalanceTransaction.objects.filter(entry__source=source).count() == 1
    assert not ParkedMoney.objects.filter(payment=payment).exists()


@pytest.mark.parametrize("channel", sorted(NOTICES))
def test_f14_a_notification_that_is_wrong_in_one_fact_moves_nothing(desks, channel):
    desk = desks[channel]
    for fact, (changes, doubt) in NOTICES[channel].items():
        # Given
        attempt = desk.paid()

        # When
        with nothing_written(but=KEPT if doubt else HEARD):
            said = desk.hand_in(desk.letter(attempt, changes))

        # Then
        kept = ChannelNotification.objects.latest("id")
        if doubt == HINT:
            assert (fact, said) == (fact, ACCEPTED[channel])
            assert (kept.verdict, kept.subject) == ("genuine", attempt.pk)
        else:
            assert (fact, said) == (fact, REFUSED[channel])
            verdict = "malformed" if any(word in doubt for word in MALFORMED) else "forged"
            assert (kept.verdict, kept.doubt, kept.subject) == (verdict, doubt, "")
            # The true one still counts.
            assert desk.hand_in(desk.letter(attempt)) == ACCEPTED[channel]

        # Then what we asked decides
        assert Payment.objects.get(pk=attempt.payment_id).status == "awaiting_payment"
        assert run_jobs() == ["payments.query_attempt"]
        assert_paid_once(attempt)
    assert integrity.verify().violations == []


@pytest.mark.parametrize("channel", sorted(ANSWERS))
def test_f14_an_answer_that_is_wrong_in_one_fact_pays_nothing(desks, channel):
    desk = desks[channel]
    for fact, (changes, code, parked) in ANSWERS[channel].items():
        # Given
        attempt = desk.paid()

        # When
        before = JournalEntry.objects.count()
        with desk.answering(changes):
            attempt = desk.ask(attempt)

        # Then
        payment = attempt.payment
        assert not BalanceTransaction.objects.filter(entry__source__startswith=payment.pk).exists()
        if code == CONFLICT:
            assert (fact, payment.status, payment.status_code) == (fact, "conflicted", CONFLICT)
            assert_entry(f"{payment.pk}:conflicted", f"Dr 1101 {parked}\nCr 2901 {parked}")
            money = ParkedMoney.objects.get(payment=payment)
            assert (money.kind, money.status) == ("conflicted", "waiting")
            assert JournalEntry.objects.count() == before + 1
        else:
            assert (fact, attempt.operation.code) == (fact, code)
            assert (attempt.status, payment.status) == ("awaiting_payer", "awaiting_payment")
            assert JournalEntry.objects.count() == before
            # The next answer is right.
            assert_paid_once(desk.ask(attempt))
    assert integrity.verify().violations == []


def test_f14_what_another_gateway_signed_is_not_believed(desks, other_desks, tmp_path):
    """Another account's keys, and at UnionPay, which has one key for all, a test gateway's."""
    gateway = UnionPayPen(Store(tmp_path / "elsewhere.sqlite3"), desks["unionpay"].owner)
    strangers = {name: desk.pen for name, desk in other_desks.items()} | {"unionpay": gateway}
    for name, desk in desks.items():
        # Given
        attempt, stranger = desk.paid(), strangers[name]

        # When, Then
        with nothing_written(but=KEPT):
            said = desk.hand_in(desk.pen.letter(desk.letter(attempt), {}, by=stranger))
        assert said == REFUSED[name]
        assert ChannelNotification.objects.latest("id").verdict == "forged"

        # When, Then
        with desk.answering({}, by=stranger):
            attempt = desk.ask(attempt)
        assert (attempt.status, attempt.operation.code) == ("awaiting_payer", "BAD_SIGNATURE")
        assert attempt.payment.status == "awaiting_payment"
        assert_paid_once(desk.ask(attempt))


def test_c04_a_genuine_letter_about_a_small_payment_does_not_pay_a_large_one(desks):
    for name, desk in desks.items():
        # Given a payment of 100.00 that nobody paid, and the letter about another one
        small, large = desk.paid(), desk.ordered()
        number = large.operation.channel_no
        names = {"alipay": "out_trade_no", "wechatpay": "out_trade_no", "unionpay": "orderId"}
        changes = {names[name]: number}
        if name == "unionpay":
            changes["txnTime"] = numbers.txn_time(number)

        # When
        with nothing_written(but=HEARD):
            assert desk.hand_in(desk.letter(small, changes)) == ACCEPTED[name]
        assert run_jobs() == ["payments.query_attempt"]

        # Then
        assert desk.read(large).payment.status == "awaiting_payment"
        assert desk.read(small).payment.status == "awaiting_payment"
        assert not JournalEntry.objects.exists()
