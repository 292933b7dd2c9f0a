"""What channels tell us unasked. It is verified, kept, and only makes us ask."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ledger import jobs
from ledger.fault_points import fault_point
from payments.actions.channels import listener_of
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
)
from payments.errors import NotificationRefusedError, UnknownChannelAccountError
from payments.models import (
    ChannelAccount,
    ChannelNotification,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
)

_KINDS = {
    NotificationAbout.PAYMENT: OperationKind.PAY,
    NotificationAbout.REFUND: OperationKind.REFUND,
    NotificationAbout.TRANSFER: OperationKind.PAYOUT,
}

_KEEPING = fault_point("notification.keeping")
_KEPT = fault_point("notification.kept")


def receive_notification(
    channel_account_id: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    client_ip: str | None,
    at: datetime,
) -> tuple[bytes, str]:
    """Take one notification and return the exact answer (body, content type) it wants.

    A genuine one is kept once and makes a job ask the channel; its words are never believed.
    Repetitions are answered alike and change nothing. `at` is when it is kept; whether it is
    stale, the database's clock decides.

    Raises UnknownChannelAccountError, or NotificationRefusedError for a forged or malformed
    one; nothing is written then.
    """
    try:
        account = ChannelAccount.objects.annotate(machine_at=DatabaseClock()).get(
            pk=channel_account_id, app_id__gt=""
        )
    except ChannelAccount.DoesNotExist:
        raise UnknownChannelAccountError from None
    channel = listener_of(account)
    try:
        notification = channel.verify_notification(
            headers=headers, body=body, at=account.machine_at
        )
    except (ForgedNotificationError, MalformedNotificationError) as error:
        raise NotificationRefusedError from error
    _keep(account, notification=notification, body=body, client_ip=client_ip, at=at)
    _KEPT()
    return channel.acknowledge()


@transaction.atomic(durable=True)
def _keep(
    account: ChannelAccount,
    *,
    notification: Notification,
    body: bytes,
    client_ip: str | None,
    at: datetime,
) -> None:
    """Store the raw bytes once, and have the owner of the order ask, in one transaction."""
    is_known = ChannelNotification.objects.filter(
        channel_account=account, notification_id=notification.notification_id
    ).exists()
    ChannelNotification.objects.bulk_create(
        [
            ChannelNotification(
                channel_account=account,
                notification_id=notification.notification_id,
                channel_no=notification.channel_no,
                claimed_status=notification.status[:40],
                body=body,
                client_ip=client_ip,
                received_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    if is_known:
        return
    subject = (
        ChannelOperation.objects.filter(
            channel_account=account,
            channel_no=notification.channel_no,
            kind=_KINDS[notification.about],
        )
        .values_list("subject", flat=True)
        .first()
    )
    if subject is not None:
        _have_asked(subject, about=notification.about, at=at)
    _KEEPING()


def _have_asked(subject: str, *, about: NotificationAbout, at: datetime) -> None:
    """Let those whose order it is ask the channel."""
    match about:
        case NotificationAbout.PAYMENT:
            jobs.defer("payments.query_attempt", attempt_id=subject, at=at, is_notified=True)
        case NotificationAbout.REFUND:
            jobs.defer("payments.query_refund", refund_id=subject, at=at, is_notified=True)
        case NotificationAbout.TRANSFER:
            jobs.defer("settlements.query_payout", payout_id=subject, at=at, is_notified=True)
