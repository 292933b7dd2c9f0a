# ruff: noqa: F811  fixtures are imported
"""What the channel tells us unasked: kept once as its raw bytes, and only a reason to ask."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.errors import NotificationRefusedError, UnknownChannelAccountError
from payments.models import (
    BalanceTransaction,
    ChannelNotification,
    Payment,
)
from tests.books import assert_balances, assert_entry
from tests.contracts.mailbox import Letter
from tests.factories.payments import (  # noqa: F401
    AlipayAccountFactory,
    BankAccountFactory,
    confirmed_payment,
)
from tests.instants import NEXT_NOON
from tests.payments.actions.notification_post import Post, mailbox, post  # noqa: F401
from tests.rig.rows import nothing_written
from tests.rig.stage import order_fault, run_jobs

KEPT = {"payments_channelnotification": 1}
"""What a message that changes nothing leaves behind: itself."""


def questions() -> list[dict]:
    jobs = ProcrastinateJob.objects.filter(task_name="payments.query_attempt")
    return list(jobs.order_by("id").values_list("args", flat=True))


def test_is_kept_as_it_came_and_makes_us_ask(post):
    # When
    answer = post.hand_in()

    # Then
    assert answer == (b"success", "text/plain")
    kept = ChannelNotification.objects.get()
    assert bytes(kept.body) == post.letter.body
    assert (kept.channel_account, kept.claimed_status) == (post.market.alipay, "TRADE_SUCCESS")
    assert kept.channel_no == post.attempt.operation.channel_no
    assert (kept.client_ip, kept.received_at) == ("203.0.113.9", NEXT_NOON)
    assert questions() == [
        {"attempt_id": post.attempt.pk, "at": NEXT_NOON.isoformat(), "is_notified": True}
    ]


def test_its_words_are_not_believed_but_what_we_hear_when_we_ask(post):
    # Given
    post.hand_in()
    assert Payment.objects.get().status == "awaiting_payment"

    # When
    assert run_jobs() == ["payments.query_attempt"]

    # Then
    assert Payment.objects.get().status == "paid"
    assert_balances(post.attempt.payment.allocations.get().merchant_id, merchant_pending="98.00")


def test_a_repetition_is_answered_alike_and_changes_nothing(post):
    # Given
    post.hand_in()

    # When, Then
    with nothing_written(but=KEPT):
        assert post.hand_in() == (b"success", "text/plain")
    first, second = ChannelNotification.objects.order_by("id")
    assert (first.verdict, second.verdict) == ("genuine", "repeated")
    assert second.notification_id == first.notification_id


def test_a_forged_one_is_kept_and_asks_nothing(post):
    # Given one word changed under the signature
    forged = Letter(
        post.letter.headers, post.letter.body.replace(b"TRADE_SUCCESS", b"TRADE_FINISHED")
    )
    assert forged.body != post.letter.body

    # When, Then
    with nothing_written(but=KEPT), pytest.raises(NotificationRefusedError):
        post.hand_in(forged)
    kept = ChannelNotification.objects.get()
    assert (kept.verdict, kept.doubt) == ("forged", "not signed by Alipay")
    assert (bytes(kept.body), kept.channel_no, kept.subject) == (forged.body, "", "")


def test_a_malformed_one_is_kept_and_asks_nothing(post):
    for body in (b"", b"hello", b"sign=a&sign=b", b"\xff\xfe=1&sign=x", b"a=1&" * 40_000):
        with nothing_written(but=KEPT), pytest.raises(NotificationRefusedError):
            post.hand_in(Letter(post.letter.headers, body))
    verdicts = set(ChannelNotification.objects.values_list("verdict", flat=True))
    assert verdicts <= {"malformed", "forged"}


def test_a_genuine_one_for_another_app_asks_nothing(marketplace, simulator, mailbox):
    # Given a letter that the channel signed with another app in it
    order_fault(simulator, "notify_wrong_app", app_id=marketplace.plan.app_id)
    post = Post(marketplace, simulator, mailbox)
    run_jobs()

    # When, Then
    with nothing_written(but=KEPT), pytest.raises(NotificationRefusedError):
        post.hand_in()
    assert ChannelNotification.objects.get().doubt == "for another app_id"


def test_a_wrong_amount_in_it_moves_nothing(marketplace, simulator, mailbox):
    # Given a genuine letter that speaks of 1.00
    order_fault(
        simulator, "notify_wrong_amount", app_id=marketplace.plan.app_id, total_amount="1.00"
    )
    post = Post(marketplace, simulator, mailbox)
    run_jobs()

    # When
    post.hand_in()
    run_jobs()

    # Then what we asked decided
    assert Payment.objects.get().status == "paid"
    assert BalanceTransaction.objects.get().gross_minor == 10_000


class TestAfterTheEnd:
    """A payer who paid a code that was never closed at the channel, since nobody had scanned it."""

    @pytest.fixture
    def late(self, marketplace, simulator, mailbox) -> Post:
        return Post(marketplace, simulator, mailbox, is_late=True)

    def test_a_letter_makes_us_ask_and_the_answer_makes_it_late(self, late):
        # When
        late.hand_in()
        assert Payment.objects.get().status == "closed"
        run_jobs()

        # Then
        assert Payment.objects.get().status == "paid_late"
        assert BalanceTransaction.objects.count() == 0
        with nothing_written(but=KEPT):
            late.hand_in()

    def test_a_forged_one_leaves_it_closed(self, late):
        # Given
        forged = Letter(late.letter.headers, late.letter.body.replace(b"100.00", b"900.00"))
        assert forged.body != late.letter.body

        # When, Then
        with nothing_written(but=KEPT), pytest.raises(NotificationRefusedError):
            late.hand_in(forged)

    def test_a_foreign_one_leaves_it_closed(self, late):
        # Given an account at which nobody sends notifications
        bank = BankAccountFactory()

        # When, Then
        with nothing_written(), pytest.raises(UnknownChannelAccountError):
            late.hand_in(account_id=bank.pk)

    def test_a_wrong_amount_in_it_changes_nothing_of_what_is_booked(
        self, marketplace, simulator, mailbox
    ):
        # Given a genuine letter that speaks of 1.00
        order_fault(
            simulator, "notify_wrong_amount", app_id=marketplace.plan.app_id, total_amount="1.00"
        )
        late = Post(marketplace, simulator, mailbox, is_late=True)

        # When
        late.hand_in()
        run_jobs()

        # Then what we asked decided
        payment = Payment.objects.get()
        assert payment.status == "paid_late"
        assert_entry(f"{payment.pk}:paid_late", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
