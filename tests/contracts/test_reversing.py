"""A refund that was made and comes back, at each channel: what it says, and what we book."""

from datetime import timedelta

import pytest

from ledger.models import JournalEntry
from payments.actions import contradictions, refund_orders, refund_remedies
from payments.models import Refund, RefundRemedy
from payments.parked_states import RemedyKind
from payments.queries.order_resolutions import Resolution
from settlements.queries import integrity
from tests.books import assert_entry
from tests.contracts.desks import ACCEPTED, LATER, Desk
from tests.factories.parked import CHECKER, MAKER
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

THEN = NOON + timedelta(days=4)
PLACES = {"alipay": "alipay", "wechatpay": "wechat", "unionpay": "unionpay"}
CODES = {"alipay": "ACQ.CARD_CLOSED", "wechatpay": "ABNORMAL", "unionpay": "62"}


def made(desk: Desk, kind: str = "refund_reversed", **how: object) -> Refund:
    """Have 40.00 of a payment refunded, which becomes of it what was ordered."""
    attempt = desk.ask(desk.paid())
    order = {"kind": kind, "number": attempt.operation.channel_no, **how}
    place = f"/control/{PLACES[desk.channel]}/plans"
    order["error_code"] = CODES[desk.channel]
    desk.other_side.client.post(place, json=order).raise_for_status()
    refund = desk.refund(attempt, 4_000)
    return asked(refund)


def asked(refund: Refund) -> Refund:
    """Be the worker: ask what became of it, as after a letter."""
    let_machines_wait()
    refund_orders.query_refund(refund.pk, at=LATER, is_notified=True)
    run_jobs()
    return Refund.objects.select_related("operation").get(pk=refund.pk)


def that_comes_back(desk: Desk) -> Refund:
    refund = made(desk, seconds=3 * 86_400)
    assert (refund.status, refund.operation.status) == ("succeeded", "succeeded")
    return refund


def assert_owed_again(refund: Refund) -> None:
    assert (refund.status, refund.operation.status) == ("reversed", "manual_review")
    part = refund.allocations.get().pk
    assert_entry(f"{part}:reversed", "Dr 1101 40.00 CNY\nCr 2101 40.00 CNY")
    assert integrity.verify().violations == []


def test_wechat_pay_tells_and_the_money_is_owed_again(desks):
    # Given
    desk = desks["wechatpay"]
    refund = that_comes_back(desk)
    number = refund.operation.channel_no
    desk.heard_of(number)

    # When its second letter comes, twice
    desk.other_side.set_clock(THEN)
    letter = desk.heard_of(number)
    for _ in range(2):
        assert desk.hand_in(letter) == ACCEPTED["wechatpay"]
        run_jobs()

    # Then
    refund.refresh_from_db()
    refund.operation.refresh_from_db()
    assert refund.status_code == "ABNORMAL"
    assert_owed_again(refund)


def test_a_card_s_bank_contradicts_and_two_people_have_it_owed_again(desks):
    """A bank's decline is what a refund that was never made has, too: people look at it."""
    # Given
    desk = desks["unionpay"]
    refund = that_comes_back(desk)
    before = JournalEntry.objects.count()

    # When
    desk.other_side.set_clock(THEN)
    refund = asked(refund)

    # Then
    assert (refund.status, refund.status_code) == ("succeeded", "contradicted")
    assert JournalEntry.objects.count() == before

    # When two people agree, by the file of that day
    truth = Resolution("not_made", "channel_bill", "INN26030888ZME, line 1", "Sent back, code 62.")
    number = refund.operation.pk
    request = contradictions.request_truth(number, truth, actor=MAKER, at=LATER)
    contradictions.approve_truth(
        number, shown_digest=bytes(request.digest), decider=CHECKER, at=LATER
    )

    # Then
    refund = Refund.objects.select_related("operation").get(pk=refund.pk)
    assert_owed_again(refund)


def test_at_alipay_no_answer_proves_it_and_nothing_is_booked(desks):
    """Alipay then says of it what it says of one that never arrived, which is no failure (R5)."""
    # Given
    desk = desks["alipay"]
    refund = that_comes_back(desk)
    before = JournalEntry.objects.count()

    # When
    desk.other_side.set_clock(THEN)
    refund = asked(refund)

    # Then
    assert (refund.status, refund.status_code) == ("succeeded", "")
    assert (refund.operation.status, refund.operation.code) == ("succeeded", "NOT_FOUND")
    assert JournalEntry.objects.count() == before
    assert integrity.verify().violations == []


@pytest.mark.parametrize("kind", ["refund_failed", "refund_reversed"])
def test_what_wechat_pay_paid_to_our_account_is_owed_to_the_payer_still(desks, kind):
    # Given a refund that its payer's card did not take, or gave back
    desk = desks["wechatpay"]
    refund = made(desk, kind, seconds=3_600)
    desk.other_side.set_clock(NOON + timedelta(hours=2))
    refund = asked(refund)
    status = {"refund_failed": "abnormal", "refund_reversed": "reversed"}[kind]
    assert refund.status == status
    entries = JournalEntry.objects.count()

    # When two people have it paid to our own account
    remedy = refund_remedies.request_remedy(
        refund.pk, kind=RemedyKind.OUR_ACCOUNT, note="As agreed.", actor=MAKER, at=LATER
    )
    refund_remedies.approve_remedy(
        refund.pk, shown_digest=bytes(remedy.approval.digest), decider=CHECKER, at=LATER
    )
    run_jobs()
    refund = asked(refund)

    # Then nobody takes it for the payer's money
    assert (refund.status, refund.status_code) == (status, "AT_OUR_ACCOUNT")
    assert refund.operation.status == "manual_review"
    assert RefundRemedy.objects.get().status == "done"
    assert JournalEntry.objects.count() == entries
    assert integrity.verify().violations == []
