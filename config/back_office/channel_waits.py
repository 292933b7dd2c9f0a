"""What waits on the home page because of what channels said, or could not say."""

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.back_office.waits import Waiting, filtered
from payments.models import ChannelNotification, ChannelOperation
from payments.queries.notifications import nobodys
from payments.states import OperationStatus, Verdict


def orders(request: HttpRequest) -> list[Waiting]:
    """List orders whose outcome nobody knows: those that are asked about, and those that wait."""
    if not request.user.has_perm("payments.view_channeloperation"):
        return []
    status = OperationStatus
    counts = ChannelOperation.objects.filter(
        status__in=[status.UNKNOWN, status.MANUAL_REVIEW]
    ).aggregate(
        unknown=Count("pk", filter=Q(status=status.UNKNOWN)),
        in_review=Count("pk", filter=Q(status=status.MANUAL_REVIEW)),
    )
    return [
        Waiting(
            _("orders with unknown outcome"),
            _("asked about by themselves until the last question"),
            counts["unknown"],
            filtered(ChannelOperation, status__exact=status.UNKNOWN.value),
            tone="alarm",
        ),
        Waiting(
            _("orders that people look at"),
            _("nobody asks any more by themselves: ask, or take the outcome from evidence"),
            counts["in_review"],
            filtered(ChannelOperation, status__exact=status.MANUAL_REVIEW.value),
            tone="alarm",
        ),
    ]


def notifications(request: HttpRequest) -> list[Waiting]:
    """List genuine messages about numbers that nobody here gave, and refused ones of the day."""
    if not request.user.has_perm("payments.replay_notification"):
        return []
    since = request.at - timedelta(days=1)  # type: ignore[attr-defined]  # config/middleware.py
    refused = [Verdict.FORGED, Verdict.MALFORMED]
    return [
        Waiting(
            _("notifications about unknown numbers"),
            _("a channel speaks of an order that nobody here gave; money may have come with it"),
            nobodys().count(),
            filtered(ChannelNotification, whose="nobodys"),
            tone="alarm",
        ),
        Waiting(
            _("refused notifications since yesterday"),
            _("forged, or the channel signs with a key that is not here"),
            ChannelNotification.objects.filter(verdict__in=refused, received_at__gt=since).count(),
            filtered(ChannelNotification, verdict__exact=Verdict.FORGED.value),
        ),
    ]
