"""What Alipay can do, whichever account."""

from datetime import timedelta
from typing import Final

from payments.channels.alipay import orders
from payments.channels.base import ChannelTraits

TRAITS: Final = ChannelTraits(
    methods=frozenset(orders.PAY_METHODS),
    refund_spacing=timedelta(seconds=3),
)
