"""Translate between our refunds and UnionPay's (txnType 04).

The refund's own number is its orderId; `origQryId` is UnionPay's number of what was paid.
"""

from collections.abc import Mapping

from payments.channels.base import ChannelConfig, RefundRequest
from payments.channels.unionpay import mapping, numbers


def refusal(request: RefundRequest) -> str:
    """Say which rule of the channel a refund breaks, or nothing if it may be sent."""
    if not request.pay_channel_ref:
        return "UnionPay's number of what was paid is not known."
    if request.amount_minor > request.total_minor:
        return "More would be refunded than was paid."
    return (
        numbers.refusal(request.channel_no)
        or numbers.refusal(request.pay_channel_no)
        or mapping.amount_refusal(request.amount_minor, request.currency)
    )


def refund_fields(request: RefundRequest, *, config: ChannelConfig) -> Mapping[str, str]:
    """Give the message of a refund, not signed yet. Its reason has no place there."""
    fields = mapping.common_fields(config, mapping.REFUND, channel_no=request.channel_no) | {
        "channelType": "07",
        "origQryId": request.pay_channel_ref,
        "txnAmt": str(request.amount_minor),
    }
    return mapping.with_notify_url(fields, config)
