"""Messages that nobody could judge, and too many that were not genuine."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from payments.actions import notification_verdicts, notifications
from payments.errors import NotificationNotJudgedError
from payments.models import ChannelNotification, RefusedCount
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.payments.api import test_notifications as door
from tests.payments.api.test_notifications import account, attempt, message, ours, theirs  # noqa: F401
from tests.rig.attacks import run_sql
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class KilledError(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def cap(settings) -> int:
    settings.REFUSED_NOTIFICATIONS_PER_HOUR = 3
    return 3


def forged(message: bytes) -> bytes:  # noqa: F811
    return message.replace(b"100.00", b"900.00")


class TestFlood:
    def test_more_than_the_cap_are_counted_and_not_kept(self, account, message, cap):  # noqa: F811
        # When
        answers = [door.notify(account.pk, forged(message)).status_code for _ in range(cap + 4)]

        # Then
        assert answers == [400] * (cap + 4)
        assert ChannelNotification.objects.count() == cap
        assert list(RefusedCount.objects.values_list("channel_account", "count")) == [
            (account.pk, 4)
        ]

    def test_a_genuine_one_comes_through_a_flood_and_is_kept_once(
        self,
        account,  # noqa: F811
        message,  # noqa: F811
        cap,
    ):
        # Given
        for _ in range(cap + 1):
            door.notify(account.pk, forged(message))

        # When
        answers = [door.notify(account.pk, message) for _ in range(3)]

        # Then
        assert [(answer.status_code, answer.content) for answer in answers] == [
            (200, b"success")
        ] * 3
        genuine = ChannelNotification.objects.filter(verdict="genuine")
        assert genuine.count() == 1
        assert run_sql("SELECT count(*) FROM procrastinate_jobs") == [(1,)]
        # One that was forged and two repetitions were counted instead of kept.
        assert RefusedCount.objects.get().count == 3


class TestNobodyCanTell:
    def test_503_when_the_keys_cannot_be_used(self, attempt, message, monkeypatch):  # noqa: F811
        # Given
        account = attempt.channel_account  # noqa: F811
        monkeypatch.setattr(notification_verdicts, "judge", lambda _message: None)

        # When
        answer = door.notify(account.pk, message)

        # Then it is kept, and the channel comes again
        assert answer.status_code == 503
        assert answer.content != b"success"
        assert ChannelNotification.objects.get().verdict == "received"

    def test_503_when_the_database_is_away(self, account, message, monkeypatch):  # noqa: F811
        # Given
        def away(message):
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(notifications, "_keep", away)

        # When
        with nothing_written():
            answer = door.notify(account.pk, message)

        # Then
        assert answer.status_code == 503
        assert answer.content != b"success"

    def test_what_was_kept_when_its_process_died_is_judged_later_and_once(
        self,
        account,  # noqa: F811
        message,  # noqa: F811
        monkeypatch,
    ):
        # Given
        def dies(*_args, **_more):
            raise KilledError

        monkeypatch.setattr(notification_verdicts, "judge", dies)
        with pytest.raises(KilledError):
            notifications.receive_notification(
                account.pk,
                headers={"content-type": door.FORM},
                body=message,
                client_ip=None,
                at=NOON,
            )
        monkeypatch.undo()
        assert ChannelNotification.objects.get().verdict == "received"
        assert notifications.judge_left(at=NOON) == 0  # its process may still be at it

        # When
        monkeypatch.setattr(notifications, "LEFT_AFTER", timedelta(seconds=-1))

        # Then
        assert notifications.judge_left(at=NOON) == 1
        assert notifications.judge_left(at=NOON) == 0
        assert ChannelNotification.objects.get().verdict == "genuine"
        assert run_sql("SELECT count(*) FROM procrastinate_jobs") == [(1,)]

    def test_what_nobody_can_judge_waits_for_keys(self, account, message, monkeypatch):  # noqa: F811
        # Given
        monkeypatch.setattr(notification_verdicts, "judge", lambda _message: None)
        with pytest.raises(NotificationNotJudgedError):
            notifications.receive_notification(
                account.pk,
                headers={"content-type": door.FORM},
                body=message,
                client_ip=None,
                at=NOON,
            )
        monkeypatch.setattr(notifications, "LEFT_AFTER", timedelta(seconds=-1))

        # When, Then
        assert notifications.judge_left(at=NOON) == 0
        monkeypatch.undo()
        monkeypatch.setattr(notifications, "LEFT_AFTER", timedelta(seconds=-1))
        assert notifications.judge_left(at=NOON) == 1

    def test_an_account_without_keys_holds_up_no_other(
        self,
        account,  # noqa: F811
        message,  # noqa: F811
        monkeypatch,
    ):
        # Given older messages of an account whose keys cannot be used, as many as fit in one go
        keyless = AlipayAccountFactory(merchant_no="2088000000000009", channel_public_key="none")
        judge = notification_verdicts.judge
        monkeypatch.setattr(notification_verdicts, "judge", lambda _message: None)
        for told in (keyless, keyless, account):
            with pytest.raises(NotificationNotJudgedError):
                notifications.receive_notification(
                    told.pk,
                    headers={"content-type": door.FORM},
                    body=message,
                    client_ip=None,
                    at=NOON,
                )
        monkeypatch.setattr(notification_verdicts, "judge", judge)
        monkeypatch.setattr(notifications, "LEFT_AFTER", timedelta(seconds=-1))

        # When, Then
        assert notifications.judge_left(at=NOON, limit=2) == 1
        assert account.notifications.get().verdict == "genuine"
        assert set(keyless.notifications.values_list("verdict", flat=True)) == {"received"}
