"""What channels tell us unasked. It is kept, verified, and only makes us ask."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F

from ledger.fault_points import fault_point
from payments.actions import channel_certificates
from payments.actions import notification_verdicts as verdicts
from payments.actions.channels import listener_of
from payments.channels import base
from payments.channels.registry import TRAITS
from payments.errors import (
    NotificationNotJudgedError,
    NotificationRefusedError,
    UnknownChannelAccountError,
)
from payments.models import (
    ChannelAccount,
    ChannelKind,
    ChannelNotification,
    DatabaseClock,
    RefusedCount,
)
from payments.states import Verdict

_RAW_KEPT = fault_point("notification.raw_kept")
_KEPT = fault_point("notification.kept")

HEADERS: Final = frozenset({"content-type", "date", "request-id", "user-agent"})
HEADER_PREFIXES: Final = ("wechatpay-",)
HEADERS_MAX: Final = 24
HEADER_LENGTH_MAX: Final = 2_048
"""Of what comes beside a message only what a signature may need is kept, and little of that."""

HOUR: Final = timedelta(hours=1)
LEFT_AFTER: Final = timedelta(minutes=1)
"""How long the process that kept a message has to judge it, before a job does."""


def receive_notification(
    channel_account_id: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    client_ip: str | None,
    at: datetime,
) -> tuple[bytes, str]:
    """Take one notification and return the exact answer (body, content type) it wants.

    It is kept as it came, in a transaction of its own, before a word of it is believed; one in
    which a channel tells a card's number is judged first, and kept without it. A genuine one then
    makes a job ask the channel, once, however often it is repeated. Where many that were not
    genuine came within an hour, more of them are only counted. `at` is when it is kept; whether it
    is stale, the database's clock decides.

    Raises UnknownChannelAccountError with nothing written, NotificationRefusedError for a forged or
    malformed one, or NotificationNotJudgedError where the account cannot verify anything now.
    """
    account = _listening(channel_account_id)
    machine_at = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).get(pk=account.pk)
    message = ChannelNotification(
        channel_account=account,
        headers=kept_headers(headers),
        body=body,
        client_ip=client_ip,
        received_at=at,
        came_at=machine_at,
    )
    is_kept = not _is_flooded(account, machine_at=machine_at)
    verdict = _heard(message, is_kept=is_kept, at=at)
    _KEPT()
    if not is_kept and verdict is not Verdict.GENUINE:
        _count(account, machine_at=machine_at)
    if verdict is Verdict.FORGED and is_kept:
        channel_certificates.have_fetched(message, at=at)
    if verdict not in (Verdict.GENUINE, Verdict.REPEATED):
        raise NotificationRefusedError(channel=account.channel)
    return listener_of(account).acknowledge()


def _heard(message: ChannelNotification, *, is_kept: bool, at: datetime) -> Verdict:
    """Keep a message, judge it, and write the verdict down. Raises NotificationNotJudgedError."""
    fields = TRAITS[message.channel_account.channel].card_fields
    masked = base.without_card_numbers(bytes(message.body), fields=fields)
    is_masked = masked != bytes(message.body)
    if is_kept and not is_masked:
        _keep(message)
        _RAW_KEPT()
    judgement = verdicts.judge(message)
    if judgement is None:
        raise NotificationNotJudgedError
    # The signature is about the number as well, so what is kept without it cannot be judged later.
    message.body, message.is_masked = masked, is_masked
    is_new = is_kept and is_masked
    return verdicts.settle(message, judgement, at=at, is_kept=is_kept, is_new=is_new)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are kept, by their names in lower case."""
    lower = ((name.lower(), value) for name, value in headers.items())
    wanted = [
        (name, base.kept_text(value, length_max=HEADER_LENGTH_MAX))
        for name, value in lower
        if name in HEADERS or name.startswith(HEADER_PREFIXES)
    ]
    return dict(sorted(wanted)[:HEADERS_MAX])


def judge_left(*, at: datetime, limit: int = 100) -> int:
    """Judge what was kept and not judged, as its process died or the account had no keys.

    At most `limit` of each account, so that one whose keys cannot be used holds up no other.
    Returns how many were judged. Runs as often as wanted.
    """
    left = ChannelNotification.objects.filter(
        verdict=Verdict.RECEIVED, came_at__lt=DatabaseClock() - LEFT_AFTER
    ).select_related("channel_account")
    accounts = left.order_by("channel_account_id").values_list("channel_account_id", flat=True)
    judged = 0
    for account_id in list(accounts.distinct()):
        for message in left.filter(channel_account_id=account_id).order_by("id")[:limit]:
            judgement = verdicts.judge(message)
            if judgement is None:
                break
            verdicts.settle(message, judgement, at=at)
            judged += 1
    return judged


def _listening(channel_account_id: str) -> ChannelAccount:
    """Return the account that is told something. Raises UnknownChannelAccountError."""
    try:
        return ChannelAccount.objects.exclude(channel=ChannelKind.BANK).get(pk=channel_account_id)
    except ChannelAccount.DoesNotExist:
        raise UnknownChannelAccountError from None


def _is_flooded(account: ChannelAccount, *, machine_at: datetime) -> bool:
    """Tell whether so many came within the hour that were not genuine that no more are kept."""
    doubted = ChannelNotification.objects.filter(
        channel_account=account, came_at__gt=machine_at - HOUR
    ).exclude(verdict=Verdict.GENUINE)
    most: int = settings.REFUSED_NOTIFICATIONS_PER_HOUR
    return len(doubted.values_list("pk")[:most]) >= most


@transaction.atomic(durable=True)
def _keep(message: ChannelNotification) -> None:
    """Keep a message as it came."""
    message.save(force_insert=True)


@transaction.atomic(durable=True)
def _count(account: ChannelAccount, *, machine_at: datetime) -> None:
    """Count one that is not kept."""
    hour = machine_at.replace(minute=0, second=0, microsecond=0)
    RefusedCount.objects.bulk_create(
        [RefusedCount(channel_account=account, hour=hour)], ignore_conflicts=True
    )
    RefusedCount.objects.filter(channel_account=account, hour=hour).update(count=F("count") + 1)
