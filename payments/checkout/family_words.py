"""What our page says while a payer pays, in the words of what they pay by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.checkout.devices import FAMILIES
from payments.models import PaymentMethod

Words = str | Promise


@dataclass(frozen=True, slots=True)
class FamilyWords:
    """The heading; what a code is for; what happens on the page that a button leads to.

    `scan` is empty where there are no codes to scan.
    """

    heading: Words
    leaving: Words
    leave: Words
    scan: Words = ""


_ON_THEIR_PAGE: Final = _("You pay on the page of the payment service and come back here.")

WORDS: Final[Mapping[str, FamilyWords]] = {
    "alipay": FamilyWords(
        heading=_("Pay with Alipay"),
        scan=_("Scan this code with Alipay. The result appears here by itself."),
        leaving=_ON_THEIR_PAGE,
        leave=_("On to Alipay"),
    ),
    "wechat": FamilyWords(
        heading=_("Pay with WeChat Pay"),
        scan=_("Scan this code with WeChat. The result appears here by itself."),
        leaving=_ON_THEIR_PAGE,
        leave=_("On to WeChat Pay"),
    ),
    "card": FamilyWords(
        heading=_("Pay by bank card"),
        leaving=_(
            "You enter your card on the page of your card's network and come back here."
            " We never see its number."
        ),
        leave=_("On to the card page"),
    ),
}
"""By family; a method of none of these has no page to be shown."""


def words_of(method: PaymentMethod) -> FamilyWords:
    """Return the words of the family that a method belongs to."""
    return WORDS[FAMILIES[method]]
