"""What WeChat Pay can do, whichever merchant."""

from datetime import timedelta
from typing import Final

from payments.channels.base import ChannelTraits
from payments.channels.wechatpay import mapping

TRAITS: Final = ChannelTraits(
    methods=frozenset(mapping.PAY_PATHS),
    account_refusals=mapping.ACCOUNT_REFUSALS,
    refund_spacing=timedelta(minutes=1),
    needs=("app_id", "api_key", "key_serial"),
    refusal=(b'{"code":"FAIL","message":"refused"}', "application/json"),
)
