"""What Alipay can do, whichever account."""

from datetime import timedelta
from typing import Final

from payments.channels.alipay import authorisations, orders
from payments.channels.base import CaptureMode, ChannelTraits, NumberedOrder

TRAITS: Final = ChannelTraits(
    methods=frozenset(orders.PAY_METHODS),
    authorises=authorisations.METHODS,
    captures=CaptureMode.SEVERAL,
    account_refusals=orders.ACCOUNT_REFUSALS,
    refund_spacing=timedelta(seconds=3),
    carried=orders.CARRIED_BY_PAYER,
    # Trades go by our numbers; frozen money is taken and freed by `auth_no`.
    needs_number_of=frozenset({NumberedOrder.HOLD}),
    needs=("app_id",),
    gateway_hosts=frozenset({"openapi.alipay.com"}),
)
"""It deduplicates by our numbers, for ever and per application: `out_trade_no` of a payment,
`out_request_no` of a refund or a hold's part, `out_biz_no` of a transfer. The same again is
answered as it stands, the same number with other facts is refused (DISCORDANT_REPEAT_REQUEST,
PAYMENT_INFO_INCONSISTENCY). The source is the open platform's reference (opendocs.alipay.com)."""
