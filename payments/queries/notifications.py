"""What is known of kept notifications."""

from django.db.models import QuerySet

from payments.models import ChannelNotification, ChannelOperation
from payments.states import Verdict


def nobodys() -> QuerySet[ChannelNotification]:
    """Return genuine messages about numbers that nobody here gave."""
    return ChannelNotification.objects.filter(verdict=Verdict.GENUINE, subject="")


def order_of(message: ChannelNotification) -> ChannelOperation | None:
    """Return the order that a message is about, if it was given here."""
    if not message.channel_no:
        return None
    return ChannelOperation.objects.filter(
        channel_account_id=message.channel_account_id, channel_no=message.channel_no
    ).first()
