"""On what a payer reads our page, and which ways of paying fit there."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from payments.models import PaymentMethod

_PHONE: Final = re.compile(r"Android|iPhone|iPad|iPod|HarmonyOS|Mobile", re.ASCII)
_USER_AGENT_MAX: Final = 512


class Device(StrEnum):
    """What a payer holds in their hands."""

    COMPUTER = "computer"
    PHONE = "phone"


SCENES: Final[Mapping[Device, Sequence[PaymentMethod]]] = {
    Device.COMPUTER: (
        PaymentMethod.ALIPAY_QR,
        PaymentMethod.WECHAT_NATIVE,
        PaymentMethod.ALIPAY_PAGE,
        PaymentMethod.CARD_PAGE,
    ),
    Device.PHONE: (
        PaymentMethod.ALIPAY_WAP,
        PaymentMethod.WECHAT_H5,
        PaymentMethod.CARD_WAP,
        PaymentMethod.ALIPAY_QR,
        PaymentMethod.WECHAT_NATIVE,
    ),
}
"""What fits on each, the likeliest first. A phone may show a code to another one."""

FAMILIES: Final[Mapping[PaymentMethod, str]] = {
    method: method.partition("_")[0] for method in PaymentMethod
}
"""How a method looks: like Alipay, like WeChat Pay, or like a card."""


def device_of(user_agent: str) -> Device:
    """Guess what a browser runs on. A wrong guess offers other ways, and none that fails."""
    is_phone = _PHONE.search(user_agent[:_USER_AGENT_MAX]) is not None
    return Device.PHONE if is_phone else Device.COMPUTER
