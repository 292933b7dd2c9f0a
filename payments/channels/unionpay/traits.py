"""What UnionPay's gateway can do, whichever merchant."""

from datetime import timedelta
from typing import Final

from payments.channels.base import CaptureMode, ChannelTraits, NumberedOrder
from payments.channels.unionpay import mapping

TRAITS: Final = ChannelTraits(
    methods=frozenset(mapping.PAY_CHANNEL_TYPES),
    authorises=frozenset(mapping.PAY_CHANNEL_TYPES),
    # One completion: what it leaves of the authorisation is the payer's again. The gateway would
    # complete up to 115 % of what was held; we never take more than was held.
    captures=CaptureMode.ONCE,
    # A week is what other cards give, so no payer waits longer than that; but what is not given
    # back by then is frozen until the bank lets it go.
    holds_for=timedelta(days=7),
    lapses_after=timedelta(days=30),
    closes=False,
    # `origQryId` is the only name that it takes for an earlier order.
    needs_number_of=frozenset(NumberedOrder),
    card_fields=frozenset(mapping.CARD_FIELDS),
    needs=("key_serial",),
    gateway_hosts=frozenset({"gateway.95516.com"}),
)
"""It deduplicates: merId, orderId and txnTime together are one order, and a second message with
the same three is answered 12 (a repeated transaction) and moves nothing. The source is the
gateway's own list of fields and of answer codes (open.unionpay.com)."""
