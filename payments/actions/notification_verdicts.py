"""What a kept message turns out to be, and that a genuine one makes its owner ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from ledger import jobs
from ledger.errors import DecryptionError
from ledger.fault_points import fault_point
from payments.actions.channels import former_listeners_of, listener_of
from payments.actions.gateways import GATEWAY_REFUSALS
from payments.channels import base
from payments.channels.base import (
    Channel,
    ChannelConfigurationError,
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
    ProbeNotificationError,
)
from payments.models import ChannelNotification, ChannelOperation, OperationKind
from payments.states import Verdict

DOUBT_LENGTH_MAX: Final = 200
STATUS_LENGTH_MAX: Final = 40
_KINDS: Final = {
    NotificationAbout.PAYMENT: OperationKind.PAY,
    NotificationAbout.REFUND: OperationKind.REFUND,
    NotificationAbout.TRANSFER: OperationKind.PAYOUT,
    NotificationAbout.CAPTURE: OperationKind.CAPTURE,
    NotificationAbout.VOID: OperationKind.VOID,
}
_KEEPING = fault_point("notification.keeping")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a message is, why it is not believed, or what it says."""

    verdict: Verdict
    doubt: str = ""
    told: Notification | None = None


def judge(message: ChannelNotification) -> Judgement | None:
    """Verify a message with today's keys, as of when it came. Asks nobody and writes nothing.

    Keys that were replaced count as long as they overlap with those in use.

    Returns None where the account's keys cannot be used, so that nobody can tell, and where its
    gateway may not be spoken to from here, so that nothing is believed of it.
    """
    try:
        judgement = _judged_by(listener_of(message.channel_account), message)
        if judgement.verdict is Verdict.FORGED:
            formers = former_listeners_of(message.channel_account, at=message.came_at)
            others = (_judged_by(former, message) for former in formers)
            judgement = next((one for one in others if one.told is not None), judgement)
    except (ChannelConfigurationError, DecryptionError, *GATEWAY_REFUSALS):
        return None
    return judgement


def _judged_by(listener: Channel, message: ChannelNotification) -> Judgement:
    """Verify a message with the keys of one listener.

    Raises ChannelConfigurationError.
    """
    try:
        told = listener.verify_notification(
            headers=message.headers, body=bytes(message.body), at=message.came_at
        )
    except ProbeNotificationError as error:
        return Judgement(Verdict.PROBE, _doubt(error))
    except ForgedNotificationError as error:
        return Judgement(Verdict.FORGED, _doubt(error))
    except MalformedNotificationError as error:
        return Judgement(Verdict.MALFORMED, _doubt(error))
    return Judgement(Verdict.GENUINE, told=told)


@transaction.atomic(durable=True)
def settle(
    message: ChannelNotification,
    judgement: Judgement,
    *,
    at: datetime,
    is_kept: bool = True,
    is_new: bool = False,
) -> Verdict:
    """Do what `settled` does, as a deed of its own; a message that `is_new` is kept with it."""
    if is_new:
        message.save(force_insert=True)
    verdict = settled(message, judgement, at=at, is_kept=is_kept)
    _KEEPING()
    return verdict


def settled(
    message: ChannelNotification, judgement: Judgement, *, at: datetime, is_kept: bool = True
) -> Verdict:
    """Write a verdict down, and have the owner of the order ask if it is the first. A part.

    A message that is not kept yet is kept now if it is genuine, and no repetition. One whose
    verdict was written meanwhile keeps that one, and nobody is asked twice.
    """
    assert connection.in_atomic_block, "settled is a part"
    told = judgement.told
    if told is None:
        if not is_kept:
            return judgement.verdict
        _write(message, judgement.verdict, at=at, doubt=judgement.doubt)
        return Verdict(message.verdict)
    facts = {
        "notification_id": told.notification_id,
        "channel_no": told.channel_no,
        "claimed_status": told.status[:STATUS_LENGTH_MAX],
        "about": told.about.value,
        "subject": _subject(message, told),
    }
    is_known = ChannelNotification.objects.filter(
        channel_account=message.channel_account,
        notification_id=told.notification_id,
        verdict=Verdict.GENUINE,
    ).exists()
    if not is_known and _is_the_first(message, facts, at=at, is_kept=is_kept):
        if facts["subject"]:
            have_asked(facts["subject"], about=told.about, at=at)
    elif is_kept:
        _write(message, Verdict.REPEATED, at=at, **facts)
    else:
        return Verdict.REPEATED
    return Verdict(message.verdict)


def _is_the_first(
    message: ChannelNotification, facts: dict[str, str], *, at: datetime, is_kept: bool
) -> bool:
    """Try to write down that a message is genuine; of several at once the database lets one."""
    try:
        with transaction.atomic():
            if not is_kept:
                message.save(force_insert=True)
            return _write(message, Verdict.GENUINE, at=at, **facts)
    except IntegrityError as error:
        if "payments_notification_once" not in str(error):
            raise
        return False


def _write(message: ChannelNotification, verdict: Verdict, *, at: datetime, **facts: str) -> bool:
    """Move a message to its verdict, if nobody has meanwhile; tell whether it moved."""
    before = [Verdict.RECEIVED]
    if verdict in (Verdict.GENUINE, Verdict.REPEATED):
        before += [Verdict.FORGED, Verdict.MALFORMED]
    moved = ChannelNotification.objects.filter(pk=message.pk, verdict__in=before).update(
        verdict=verdict, judged_at=at, **{"doubt": "", **facts}
    )
    message.refresh_from_db(fields=["verdict"])
    return moved == 1


def have_asked(subject: str, *, about: NotificationAbout, at: datetime, lock: str = "") -> bool:
    """Let those whose order it is ask the channel. With a `lock`, one such job waits at a time."""
    told: dict[str, Any] = {"at": at, "is_notified": True, "queueing_lock": lock or None}
    match about:
        case NotificationAbout.PAYMENT:
            return jobs.defer("payments.query_attempt", attempt_id=subject, **told)
        case NotificationAbout.REFUND:
            return jobs.defer("payments.query_refund", refund_id=subject, **told)
        case NotificationAbout.TRANSFER:
            return jobs.defer("settlements.query_payout", payout_id=subject, **told)
        case NotificationAbout.CAPTURE:
            return jobs.defer("payments.query_capture", capture_id=subject, **told)
        case NotificationAbout.VOID:
            return jobs.defer("payments.query_void", void_id=subject, **told)
    return False


def _subject(message: ChannelNotification, told: Notification) -> str:
    """Return whose order a message is about, or nothing for a number that nobody here gave.

    An echo is about no order: it proves the door of the account itself.
    """
    if told.about is NotificationAbout.ECHO:
        return message.channel_account_id
    orders = ChannelOperation.objects.filter(
        channel_account=message.channel_account,
        channel_no=told.channel_no,
        kind=_KINDS[told.about],
    )
    return orders.values_list("subject", flat=True).first() or ""


def _doubt(error: Exception) -> str:
    return base.kept_text(str(error), length_max=DOUBT_LENGTH_MAX)
