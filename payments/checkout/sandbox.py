"""In a sandbox, the phone on which apps run: what an app would be handed goes to the simulator.

An app, a mini program and a page inside WeChat belong to a partner. So that each scene can be
tried without one, the checkout of a sandbox plays it; nowhere else is it offered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from payments.channels.base import PayerActionKind
from payments.models import PaymentAttempt, PaymentMethod

_PHONES: Final = {
    PaymentMethod.ALIPAY_APP: "/phone",
    PaymentMethod.ALIPAY_MINI: "/phone",
    PaymentMethod.WECHAT_JSAPI: "/wechat/jsapi",
    PaymentMethod.WECHAT_APP: "/wechat/app",
}
"""Where the simulator takes what a device hands to its channel's own software."""


@dataclass(frozen=True, slots=True)
class Phone:
    """The simulated phone, and what it is handed by a form."""

    url: str
    fields: Mapping[str, str]


def phone_for(attempt: PaymentAttempt) -> Phone | None:
    """Return the phone on which a try is gone on with; None where there is none to simulate."""
    action = attempt.payer_action
    if not settings.SANDBOX or action.get("kind") != PayerActionKind.INVOKE:
        return None
    address = urlsplit(attempt.channel_account.gateway_url)
    place = _PHONES.get(PaymentMethod(attempt.method))
    if place is None or address.hostname not in settings.SIMULATOR_HOSTS:
        return None
    return Phone(f"{address.scheme}://{address.netloc}{place}", action["fields"])
