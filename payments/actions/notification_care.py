"""What people and the clock do with kept notifications: verify again, replay, forget."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from ledger import jobs
from ledger.actions.audit import record_audit
from payments.actions import notification_verdicts as verdicts
from payments.channels.base import NotificationAbout
from payments.errors import (
    NotificationMaskedError,
    NotificationNotJudgedError,
    NotificationOfNobodyError,
    NotificationSettledError,
)
from payments.models import ChannelAccount, ChannelNotification
from payments.states import Verdict

REFUSED_DAYS: Final = 30
"""How long a message that was refused, or repeated, is kept."""

FORGOTTEN_AT_ONCE: Final = 10_000
REVERIFIED_AT_ONCE: Final = 2_000
MAY_CHANGE: Final = (Verdict.RECEIVED, Verdict.FORGED, Verdict.MALFORMED)
"""What can still become genuine, when the keys by which it is judged are others."""


def reverify_notification(
    notification_id: int, *, actor: str, at: datetime, reason: str
) -> ChannelNotification:
    """Judge a kept message again with today's keys; one that is genuine now acts as if it came now.

    Pressed twice it acts once.

    Raises NotificationSettledError when it was judged for good, NotificationMaskedError when it is
    not kept as it came, or NotificationNotJudgedError when the account's keys cannot be used;
    nothing is written then.
    """
    message = _found(notification_id)
    if message.verdict not in MAY_CHANGE:
        raise NotificationSettledError
    if message.is_masked:
        raise NotificationMaskedError
    judgement = verdicts.judge(message)
    if judgement is None:
        raise NotificationNotJudgedError
    _settle_for(message, judgement, actor=actor, at=at, reason=reason)
    message.refresh_from_db()
    return message


def is_about_an_order(message: ChannelNotification) -> bool:
    """Tell whether a message is genuine and about an order of ours, whose owner can ask."""
    is_ours = message.verdict == Verdict.GENUINE and message.subject != ""
    return is_ours and message.about != NotificationAbout.ECHO


@transaction.atomic(durable=True)
def replay_notification(notification_id: int, *, actor: str, at: datetime, reason: str) -> bool:
    """Have the owner of the order ask the channel again. Returns False if that waits already.

    Raises NotificationOfNobodyError when it is not genuine, nobody here gave its number, or it is
    an echo, which is about no order; nothing is written then.
    """
    message = _found(notification_id)
    if not is_about_an_order(message):
        raise NotificationOfNobodyError
    is_asked = verdicts.have_asked(
        message.subject,
        about=NotificationAbout(message.about),
        at=at,
        lock=f"payments.replay {message.subject}",
    )
    record_audit(
        action="notification.replayed",
        subject=message.subject,
        actor=actor,
        at=at,
        reason=reason,
        after={"notification": message.pk, "channel_no": message.channel_no},
    )
    return is_asked


@transaction.atomic(durable=True)
def have_reverified(account: ChannelAccount, *, actor: str, at: datetime, reason: str) -> bool:
    """Have all refused messages of an account judged again. Returns False if that waits already."""
    record_audit(
        action="notification.reverify_asked",
        subject=account.pk,
        actor=actor,
        at=at,
        reason=reason,
    )
    return defer_reverification(account.pk, at=at)


def defer_reverification(channel_account_id: str, *, at: datetime) -> bool:
    """Defer the job that judges again what was refused, once. A part."""
    assert connection.in_atomic_block, "defer_reverification is a part"
    return jobs.defer(
        "payments.reverify_notifications",
        at=at,
        queueing_lock=f"payments.reverify {channel_account_id}",
        channel_account_id=channel_account_id,
    )


def reverify_refused(channel_account_id: str, *, at: datetime) -> int:
    """Judge again what was refused of an account, the newest first; returns how many are genuine.

    Each is a transaction of its own, so what was done stays done.
    """
    refused = ChannelNotification.objects.filter(
        channel_account_id=channel_account_id, verdict__in=MAY_CHANGE, is_masked=False
    ).select_related("channel_account")
    believed = 0
    for message in refused.order_by("-id")[:REVERIFIED_AT_ONCE]:
        judgement = verdicts.judge(message)
        if judgement is None:
            break
        believed += judgement.told is not None
        verdicts.settle(message, judgement, at=at)
    return believed


def forget_refused() -> int:
    """Forget what was refused or repeated a month ago; returns how many. Runs as often as wanted.

    Old is what the database's clock says is old: these are messages, not business.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payments_forget_notifications(%s, %s)", [REFUSED_DAYS, FORGOTTEN_AT_ONCE]
        )
        return int(cursor.fetchone()[0])


@transaction.atomic(durable=True)
def _settle_for(
    message: ChannelNotification,
    judgement: verdicts.Judgement,
    *,
    actor: str,
    at: datetime,
    reason: str,
) -> None:
    """Write the verdict down with who asked for it."""
    before = message.verdict
    verdict = verdicts.settled(message, judgement, at=at)
    record_audit(
        action="notification.reverified",
        subject=message.channel_account_id,
        actor=actor,
        at=at,
        reason=reason,
        before={"notification": message.pk, "verdict": str(before)},
        after={"notification": message.pk, "verdict": verdict.value, "doubt": judgement.doubt},
    )


def _found(notification_id: int) -> ChannelNotification:
    return ChannelNotification.objects.select_related("channel_account").get(pk=notification_id)
