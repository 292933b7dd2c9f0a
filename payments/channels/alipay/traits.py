"""What Alipay can do, whichever account."""

from datetime import timedelta
from typing import Final

from payments.channels.alipay import authorisations, orders
from payments.channels.base import CaptureMode, ChannelTraits

TRAITS: Final = ChannelTraits(
    methods=frozenset(orders.PAY_METHODS),
    authorises=authorisations.METHODS,
    captures=CaptureMode.SEVERAL,
    account_refusals=orders.ACCOUNT_REFUSALS,
    refund_spacing=timedelta(seconds=3),
    carried=orders.CARRIED_BY_PAYER,
    needs=("app_id",),
)
