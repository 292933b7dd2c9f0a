"""What the channel tells us unasked: kept once as its raw bytes, and only a reason to ask."""

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import attempts, closing, notification_verdicts, notifications
from payments.actions.channels import channel_of
from payments.channels.base import Notification, NotificationAbout, PayRequest
from payments.errors import NotificationRefusedError, UnknownChannelAccountError
from payments.models import (
    BalanceTransaction,
    ChannelNotification,
    ChannelOperation,
    DatabaseClock,
    Payment,
    PaymentAttempt,
)
from tests.books import assert_balances, assert_entry
from tests.contracts.mailbox import Letter, Mailbox
from tests.factories.payments import (
    AlipayAccountFactory,
    BankAccountFactory,
    confirmed_payment,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import order_fault, run_jobs


@pytest.fixture
def mailbox(settings):
    """Keep what the channel sends us, so that a test can hand it in as it came."""
    mailbox = Mailbox()
    settings.PUBLIC_URL = mailbox.url.partition("/notify")[0]
    yield mailbox
    mailbox.close()


class Post:
    """A payment that was paid at the channel, and the letter about it."""

    def __init__(self, marketplace, other_side, mailbox, *, is_late=False) -> None:
        self.market = marketplace
        self.attempt = confirmed_payment()
        attempts.send_attempt(self.attempt.pk, at=NOON)
        if is_late:
            with transaction.atomic():
                closing.cancel_payment(self.attempt.payment_id, actor="key:t", at=NOON)
            run_jobs()
            assert Payment.objects.get().status == "closed"
        number = self.attempt.operation.channel_no
        other_side.pay(app_id=marketplace.plan.app_id, out_trade_no=number, at=NOON)
        self.letter = mailbox.about(number)

    def hand_in(self, letter: Letter | None = None, *, account_id: str = "") -> tuple[bytes, str]:
        letter = letter or self.letter
        return notifications.receive_notification(
            account_id or self.market.alipay.pk,
            headers=letter.headers,
            body=letter.body,
            client_ip="203.0.113.9",
            at=NEXT_NOON,
        )


@pytest.fixture
def post(marketplace, simulator, mailbox) -> Post:
    post = Post(marketplace, simulator, mailbox)
    run_jobs()  # what confirming asked for is done
    return post


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


def test_one_about_a_number_that_is_not_ours_is_kept_and_asks_nothing(
    post, marketplace, simulator, mailbox
):
    # Given an order that was never written down here
    channel_of(marketplace.alipay).pay(
        PayRequest(
            channel_no="STRANGE_1",
            amount_minor=500,
            currency="CNY",
            subject="Goods",
            method="alipay_qr",
            expires_at=NEXT_NOON,
            at=NOON,
            stamped_at=PaymentAttempt.objects.values_list(DatabaseClock(), flat=True).get(),
        )
    )
    simulator.pay(app_id=marketplace.plan.app_id, out_trade_no="STRANGE_1", at=NOON)

    # When
    with nothing_written(but={"payments_channelnotification": 1}):
        answer = post.hand_in(mailbox.about("STRANGE_1"))

    # Then
    assert answer == (b"success", "text/plain")
    kept = ChannelNotification.objects.get()
    assert (kept.channel_no, kept.verdict, kept.subject) == ("STRANGE_1", "genuine", "")


def test_an_account_that_does_not_exist_is_refused(post):
    with nothing_written(), pytest.raises(UnknownChannelAccountError):
        post.hand_in(account_id="chn_nobody")


def test_an_account_that_nobody_notifies_is_refused(post):
    # Given a bank, which sends statements
    bank = BankAccountFactory()

    # When, Then
    with nothing_written(), pytest.raises(UnknownChannelAccountError):
        post.hand_in(account_id=bank.pk)


@pytest.mark.parametrize(
    ("about", "kind", "asked"),
    [
        ("payment", "pay", ("payments.query_attempt", {"attempt_id": "x_1", "is_notified": True})),
        ("refund", "refund", ("payments.query_refund", {"refund_id": "x_1", "is_notified": True})),
        (
            "transfer",
            "payout",
            ("settlements.query_payout", {"payout_id": "x_1", "is_notified": True}),
        ),
    ],
)
@pytest.mark.django_db
def test_those_whose_order_it_is_are_asked(monkeypatch, about, kind, asked):
    # Given one order of each kind, and a notification about one of them
    account = AlipayAccountFactory()
    for one in ("pay", "refund", "payout"):
        ChannelOperation.objects.create(
            kind=one,
            channel_account=account,
            channel_no=one.upper(),
            subject="x_1" if one == kind else "x_other",
            amount_minor=1,
            currency="CNY",
            created_at=NOON,
        )
    told = Notification("n1", kind.upper(), "DONE", {}, about=NotificationAbout(about))
    deaf = Notification("n2", "PAYOUT" if kind == "pay" else "PAY", "DONE", {}, about=told.about)
    heard = iter([told, deaf, told])
    for module in (notifications, notification_verdicts):
        monkeypatch.setattr(module, "listener_of", lambda account: Listener(heard))

    # When it comes, and one that names an order of another kind, and the first again
    for _ in range(3):
        notifications.receive_notification(
            account.pk, headers={}, body=b"", client_ip=None, at=NEXT_NOON
        )

    # Then
    (job,) = ProcrastinateJob.objects.all()
    name, arguments = asked
    assert (job.task_name, job.args) == (name, {**arguments, "at": NEXT_NOON.isoformat()})
    verdicts = ChannelNotification.objects.order_by("id").values_list("verdict", flat=True)
    assert list(verdicts) == ["genuine", "genuine", "repeated"]


@pytest.mark.django_db
def test_an_echo_is_the_accounts_own_and_nobody_is_asked(monkeypatch):
    # Given
    account = AlipayAccountFactory()
    told = Notification("n1", "593BEC0C", "", {}, about=NotificationAbout.ECHO)
    heard = iter([told])
    for module in (notifications, notification_verdicts):
        monkeypatch.setattr(module, "listener_of", lambda account: Listener(heard))

    # When
    notifications.receive_notification(
        account.pk, headers={}, body=b"", client_ip=None, at=NEXT_NOON
    )

    # Then
    message = ChannelNotification.objects.get()
    assert (message.verdict, message.about, message.subject) == ("genuine", "echo", account.pk)
    assert not ProcrastinateJob.objects.exists()


class Listener:
    """An adapter that believes what the test wants it to have heard."""

    def __init__(self, heard) -> None:
        self._heard = heard

    def verify_notification(self, **_message) -> Notification:
        return next(self._heard)

    def acknowledge(self) -> tuple[bytes, str]:
        return b"success", "text/plain"
