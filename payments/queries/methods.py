"""Which methods a payer may choose, and which channel accounts take them."""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from payments.channels import registry
from payments.models import (
    Capturing,
    ChannelAccount,
    ChannelKind,
    MethodSwitch,
    PaymentMethod,
)

CHANNEL_OF_METHOD = {
    method: ChannelKind(channel)
    for method in PaymentMethod
    for channel, traits in registry.TRAITS.items()
    if method.value in traits.methods
}
"""Which channel takes a method; a method that none takes yet is missing."""

AT_THE_CHECKOUT = (
    PaymentMethod.ALIPAY_QR,
    PaymentMethod.ALIPAY_PAGE,
    PaymentMethod.ALIPAY_WAP,
    PaymentMethod.WECHAT_NATIVE,
    PaymentMethod.WECHAT_H5,
    PaymentMethod.CARD_PAGE,
    PaymentMethod.CARD_WAP,
)
"""What a payer in front of our own page can do; inside apps a partner's own software asks."""

IN_APPS = (
    PaymentMethod.ALIPAY_APP,
    PaymentMethod.ALIPAY_MINI,
    PaymentMethod.WECHAT_JSAPI,
    PaymentMethod.WECHAT_APP,
)
"""What takes a partner's app, mini program or page; the checkout of a sandbox plays them."""


def accounts_taking(method: str, *, currency: str) -> QuerySet[ChannelAccount]:
    """Return the enabled accounts that take a method in a currency, the oldest first.

    Where its scene is closed, at an account or at all, it is not taken.
    """
    if method not in CHANNEL_OF_METHOD:
        return ChannelAccount.objects.none()
    closed = MethodSwitch.objects.filter(
        Q(channel_account_id=None) | Q(channel_account_id=OuterRef("pk")),
        method=method,
        opened_at=None,
    )
    return ChannelAccount.objects.filter(
        ~Exists(closed),
        channel=CHANNEL_OF_METHOD[PaymentMethod(method)],
        currency=currency,
        is_enabled=True,
    ).order_by("created_at", "id")


def methods_offered(currency: str, *, capture_mode: str = "") -> Sequence[PaymentMethod]:
    """Return the methods by which a currency can be paid on our page now, in their order here.

    Where the money shall be held first (`capture_mode` manual) those that can do it.
    """
    accounts = list(
        ChannelAccount.objects.filter(currency=currency, is_enabled=True)
        .order_by()
        .values_list("pk", "channel")
    )
    switches = MethodSwitch.objects.filter(opened_at=None)
    closed: set[tuple[str, str | None]] = set(switches.values_list("method", "channel_account_id"))
    here = (*AT_THE_CHECKOUT, *IN_APPS) if settings.SANDBOX else AT_THE_CHECKOUT
    offered = [
        method
        for method in here
        if (method.value, None) not in closed
        and any(
            channel == CHANNEL_OF_METHOD.get(method) and (method.value, account_id) not in closed
            for account_id, channel in accounts
        )
    ]
    if capture_mode != Capturing.MANUAL:
        return offered
    return [
        method
        for method in offered
        if method in registry.TRAITS[CHANNEL_OF_METHOD[method]].authorises
    ]
