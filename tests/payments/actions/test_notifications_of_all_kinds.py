# ruff: noqa: F811  fixtures are imported
"""Whose message it is: orders of every kind, accounts, numbers that nobody here gave."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import notification_care, notification_verdicts, notifications
from payments.actions.channels import channel_of
from payments.admin.channel_notifications import Replay
from payments.channels.base import Notification, NotificationAbout, PayRequest
from payments.errors import NotificationOfNobodyError, UnknownChannelAccountError
from payments.models import (
    ChannelNotification,
    ChannelOperation,
    DatabaseClock,
    PaymentAttempt,
)
from tests.factories.payments import (  # noqa: F401
    AlipayAccountFactory,
    BankAccountFactory,
    confirmed_payment,
)
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.notification_post import mailbox, post  # noqa: F401
from tests.rig.rows import nothing_written


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
    assert not Replay().is_offered(message)
    with nothing_written(), pytest.raises(NotificationOfNobodyError):
        notification_care.replay_notification(message.pk, actor="user:1", at=NOON, reason="x")
    assert not ProcrastinateJob.objects.exists()


class Listener:
    """An adapter that believes what the test wants it to have heard."""

    def __init__(self, heard) -> None:
        self._heard = heard

    def verify_notification(self, **_message) -> Notification:
        return next(self._heard)

    def acknowledge(self) -> tuple[bytes, str]:
        return b"success", "text/plain"
