"""What Alipay can do, whichever account."""

from datetime import timedelta
from typing import Final

from payments.channels.alipay import mapping
from payments.channels.base import ChannelTraits

TRAITS: Final = ChannelTraits(
    methods=frozenset(mapping.PAY_METHODS),
    refund_spacing=timedelta(seconds=3),
)
