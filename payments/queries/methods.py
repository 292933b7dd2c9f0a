"""Which methods a payer may choose, and which channel accounts take them."""

from collections.abc import Sequence

from django.db.models import QuerySet

from payments.models import ChannelAccount, ChannelKind, PaymentMethod

CHANNEL_OF_METHOD = {
    PaymentMethod.ALIPAY_QR: ChannelKind.ALIPAY,
    PaymentMethod.WECHAT_NATIVE: ChannelKind.WECHATPAY,
}


def accounts_taking(method: str, *, currency: str) -> QuerySet[ChannelAccount]:
    """Return the enabled accounts that take a method in a currency, the oldest first."""
    if method not in PaymentMethod.values:
        return ChannelAccount.objects.none()
    return ChannelAccount.objects.filter(
        channel=CHANNEL_OF_METHOD[PaymentMethod(method)], currency=currency, is_enabled=True
    ).order_by("created_at", "id")


def methods_offered(currency: str) -> Sequence[PaymentMethod]:
    """Return the methods by which a currency can be paid now, in the order of their names here."""
    kinds = set(
        ChannelAccount.objects.filter(currency=currency, is_enabled=True)
        .order_by()
        .values_list("channel", flat=True)
    )
    return [method for method, kind in CHANNEL_OF_METHOD.items() if kind in kinds]
