"""Take what was authorised (txnType 03), once, or give all of it back (32).

Either names the authorisation by UnionPay's number of it, `origQryId`, and is an order of its own.
What a completion leaves is the payer's again at once, so there is no second one, and nothing left
to give back. A completion that went wrong is refunded (04): UnionPay would also undo it (33), but
only on the same day and only all of it.
"""

from collections.abc import Mapping

from payments.channels.base import CaptureRequest, ChannelConfig, VoidRequest
from payments.channels.unionpay import mapping, numbers


def capture_refusal(request: CaptureRequest) -> str:
    """Say which rule a completion breaks, or nothing if it may be sent."""
    if request.amount_minor > request.authorised_minor:
        # The gateway would take up to 115 %; nobody agreed to more than was held.
        return "More would be taken than was authorised."
    if not request.is_final:
        return "UnionPay completes an authorisation once."
    return _refusal(request)


def void_refusal(request: VoidRequest) -> str:
    """Say which rule giving it back breaks, or nothing if it may be sent."""
    return _refusal(request)


def capture_fields(request: CaptureRequest, *, config: ChannelConfig) -> Mapping[str, str]:
    """Give the message of a completion, not signed yet."""
    return _fields(request, mapping.CAPTURE, config=config)


def void_fields(request: VoidRequest, *, config: ChannelConfig) -> Mapping[str, str]:
    """Give the message that gives an authorisation back, not signed yet."""
    return _fields(request, mapping.VOID, config=config)


def _fields(
    request: CaptureRequest | VoidRequest, kind: tuple[str, str], *, config: ChannelConfig
) -> Mapping[str, str]:
    fields = mapping.common_fields(config, kind, channel_no=request.channel_no) | {
        "channelType": "07",
        "origQryId": request.pay_channel_ref,
        "txnAmt": str(request.amount_minor),
        "currencyCode": mapping.YUAN,
    }
    return mapping.with_notify_url(fields, config)


def _refusal(request: CaptureRequest | VoidRequest) -> str:
    if not request.pay_channel_ref:
        return "UnionPay's number of the authorisation is not known."
    return (
        numbers.refusal(request.channel_no)
        or numbers.refusal(request.pay_channel_no)
        or mapping.amount_refusal(request.amount_minor, request.currency)
    )
