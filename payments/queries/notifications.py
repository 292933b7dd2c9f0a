"""What is known of kept notifications."""

from django.db.models import QuerySet

from payments.channels.registry import TRAITS
from payments.models import ChannelAccount, ChannelNotification, ChannelOperation
from payments.states import Verdict


def nobodys() -> QuerySet[ChannelNotification]:
    """Return genuine messages about numbers that nobody here gave."""
    return ChannelNotification.objects.filter(verdict=Verdict.GENUINE, subject="")


def card_fields_of(channel_account_id: str) -> frozenset[str]:
    """Return the fields in which an account's channel may tell a card's number; mostly none."""
    accounts = ChannelAccount.objects.filter(pk=channel_account_id)
    channel = accounts.values_list("channel", flat=True).first()
    traits = TRAITS.get(channel) if channel is not None else None
    return frozenset() if traits is None else traits.card_fields


def order_of(message: ChannelNotification) -> ChannelOperation | None:
    """Return the order that a message is about, if it was given here."""
    if not message.channel_no:
        return None
    return ChannelOperation.objects.filter(
        channel_account_id=message.channel_account_id, channel_no=message.channel_no
    ).first()
