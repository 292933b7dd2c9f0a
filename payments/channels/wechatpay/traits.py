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
    gateway_hosts=frozenset(
        {
            "api.mch.weixin.qq.com",
            "api2.mch.weixin.qq.com",
            "api.wechatpay.cn",
            "api2.wechatpay.cn",
        }
    ),
    refusal=(b'{"code":"FAIL","message":"refused"}', "application/json"),
)
"""It deduplicates by our numbers per merchant: `out_trade_no`, `out_refund_no`, `out_bill_no`. A
refund or transfer under the same number moves money once; an order that was paid or closed is
refused (ORDERPAID, ORDER_CLOSED). The source is the merchants' own pages (pay.weixin.qq.com)."""
