"""Kept messages in the database: they never change, and their verdict moves as its table says."""

import itertools

import pytest
from django.db import connection

from payments.models import ChannelNotification
from payments.states import Verdict
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.attacks import check_laws, refused, run_sql

MOVES = {
    ("received", "genuine"),
    ("received", "repeated"),
    ("received", "forged"),
    ("received", "malformed"),
    ("received", "probe"),
    ("forged", "genuine"),
    ("forged", "repeated"),
    ("malformed", "genuine"),
    ("malformed", "repeated"),
}
NAMED = {"notification_id": "n1", "channel_no": "ATT_1"}


@pytest.fixture
def kept(either_role: str) -> ChannelNotification:
    return ChannelNotification.objects.create(
        channel_account=AlipayAccountFactory(), body=b"a=b", received_at=NOON, headers={"a": "b"}
    )


def settle(kept: ChannelNotification, verdict: str) -> None:
    if verdict != "received":
        ChannelNotification.objects.filter(pk=kept.pk).update(verdict=verdict, **NAMED)


@pytest.mark.parametrize(("was", "now_is"), list(itertools.permutations(Verdict.values, 2)))
def test_a_verdict_moves_once_and_later_only_to_belief(kept, was, now_is):
    # Given
    settle(kept, was)
    rows = ChannelNotification.objects.filter(pk=kept.pk)

    # When, Then
    if (was, now_is) in MOVES:
        assert rows.update(verdict=now_is, **NAMED) == 1
    else:
        with refused("payments_channelnotification"):
            rows.update(verdict=now_is, **NAMED)


@pytest.mark.parametrize("verdict", Verdict.values)
def test_the_message_itself_never_changes(kept, either_role, verdict):
    # Given
    settle(kept, verdict)
    rows = ChannelNotification.objects.filter(pk=kept.pk)

    # When, Then
    for change in ({"body": b"other"}, {"headers": {}}, {"received_at": None}, {"came_at": NOON}):
        with refused("permission denied" if either_role == "application" else "ne"):
            rows.update(**change)
    rows.update() if verdict == "received" else None
    assert bytes(rows.get().body) == b"a=b"


def test_it_is_born_unjudged(kept):
    with refused("payments_channelnotification begins as received"):
        ChannelNotification.objects.create(
            channel_account=kept.channel_account,
            verdict="genuine",
            body=b"",
            received_at=NOON,
            **NAMED,
        )


def test_two_genuine_ones_never_have_one_id(kept):
    # Given
    settle(kept, "genuine")
    other = ChannelNotification.objects.create(
        channel_account=kept.channel_account, body=b"a=b", received_at=NOON
    )

    # When, Then
    with refused("payments_notification_once"):
        settle(other, "genuine")


@pytest.mark.parametrize("verdict", ["genuine", "repeated"])
def test_what_is_believed_names_a_number(kept, verdict):
    with refused("payments_notification_named"):
        ChannelNotification.objects.filter(pk=kept.pk).update(verdict=verdict)


def test_nobody_deletes_what_came_this_week(kept, either_role):
    # Given
    settle(kept, "forged")

    # When, Then
    words = "permission denied" if either_role == "application" else f"notification {kept.pk} stays"
    with refused(words):
        ChannelNotification.objects.all()._raw_delete("default")
    check_laws()  # TRUNCATE waits for no law
    with refused("permission denied" if either_role == "application" else "written once"):
        run_sql("TRUNCATE payments_channelnotification CASCADE")


@pytest.mark.parametrize("verdict", Verdict.values)
def test_only_what_was_refused_or_repeated_is_forgotten_and_not_within_a_week(kept, verdict):
    # Given one that came a month and a day ago, one of six days and one of today
    for days in (31, 6):
        old = ChannelNotification.objects.create(
            channel_account=kept.channel_account,
            body=b"old",
            received_at=NOON,
            came_at=_days_ago(days),
        )
        ChannelNotification.objects.filter(pk=old.pk).update(
            **({"verdict": verdict, **NAMED} if verdict != "received" else {})
        )
        if verdict == "genuine":
            break

    # When: also with fewer days than a week
    with connection.cursor() as cursor:
        cursor.execute("SELECT payments_forget_notifications(0, 10)")
        (forgotten,) = cursor.fetchone()

    # Then
    assert forgotten == (0 if verdict in {"genuine", "received"} else 1)
    assert ChannelNotification.objects.filter(pk=kept.pk).exists()


def _days_ago(days: int):
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - make_interval(days => %s)", [days])
        return cursor.fetchone()[0]
