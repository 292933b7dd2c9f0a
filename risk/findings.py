"""Say findings in words: one sentence for each code, with the figures of the case."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.money import format_money

SENTENCES: Mapping[str, str | Promise] = {
    "limit.payer.transaction": _(
        "The payer's limit for one payment is %(limit)s; this one is %(amount)s."
    ),
    "limit.payer.day": _(
        "The payer's limit per day is %(limit)s; %(used)s are used, and this payment is %(amount)s."
    ),
    "limit.merchant.transaction": _(
        "The merchant's limit for one settlement is %(limit)s; this one is %(amount)s."
    ),
    "limit.merchant.day": _(
        "The merchant's limit of settlements per day is %(limit)s; %(used)s are used, and this"
        " settlement is %(amount)s."
    ),
    "limit.platform.transaction": _("At most %(limit)s may go at a time; this is %(amount)s."),
    "limit.platform.day": _(
        "The platform's limit per day is %(limit)s; %(used)s are used, and this is %(amount)s."
    ),
    "within.payer.transaction": _(
        "The payer's limit for one payment is %(limit)s; %(amount)s is within it."
    ),
    "within.payer.day": _(
        "The payer's limit per day is %(limit)s; with this payment %(used)s are used."
    ),
    "within.merchant.transaction": _(
        "The merchant's limit for one settlement is %(limit)s; %(amount)s is within it."
    ),
    "within.merchant.day": _(
        "The merchant's limit of settlements per day is %(limit)s; with this settlement %(used)s"
        " are used."
    ),
    "within.platform.transaction": _(
        "At most %(limit)s may go at a time; %(amount)s is within it."
    ),
    "within.platform.day": _(
        "The platform's limit per day is %(limit)s; with this %(used)s are used."
    ),
    "counted.payer.day": _(
        "This payment is already counted towards the payer's limit per day of %(limit)s."
    ),
    "counted.merchant.day": _(
        "This settlement is already counted towards the merchant's limit per day of %(limit)s."
    ),
    "counted.platform.day": _(
        "This is already counted towards the platform's limit per day of %(limit)s."
    ),
    "booked.payer.day": _(
        "The money came after the limits of this payment had been given back; it counts whatever"
        " they are: %(used)s of the payer's day are used."
    ),
    "booked.platform.day": _(
        "The money came after the limits of this payment had been given back; it counts whatever"
        " they are: %(used)s of the platform's day are used."
    ),
    "blocked.address": _("The address %(address)s stands on the block list."),
    "blocked.payer": _("The payer stands on the block list."),
    "blocked.account": _("The account to be paid stands on the block list."),
    "network.inside": _("The address %(address)s is in a network that is allowed here."),
    "network.outside": _("The address %(address)s is in none of the networks allowed here."),
    "network.no_address": _(
        "Only certain networks are allowed here, and the address is not known."
    ),
    "place.unknown": _("It is not known where the address is, or where the last one was."),
    "place.same": _("The address is in %(place)s, as the last one was."),
    "place.other_country": _(
        "The address is in %(place)s; the last one was in another country: %(last_place)s."
    ),
    "place.other_province": _("The address is in %(place)s; the last one was in %(last_place)s."),
    "place.proven": _(
        "The address is in %(place)s and the last one was in %(last_place)s; the payer typed the"
        " payment password."
    ),
    "address.known": _("The payer has used the address %(address)s before."),
    "address.new": _(
        "The payer never used the address %(address)s before, and %(amount)s is above %(above)s."
    ),
    "address.proven": _(
        "The payer never used the address %(address)s before, and typed the payment password."
    ),
    "password.required": _("The payer has to type the payment password."),
    "password.given": _("The payer typed the payment password for exactly this payment."),
    "limit.none": _("No limit is set for %(currency)s."),
    "rule.failed": _("The rule %(rule)s could not be evaluated (%(error)s)."),
}
"""Every code that a finding may carry."""

_MINOR = "_minor"


def words(code: str, facts: Mapping[str, object]) -> str:
    """Say one finding in the language that is active now, with its figures as people write them.

    A code that this version does not know is shown as it is written: rows outlive their rules.
    """
    sentence = SENTENCES.get(code)
    return code if sentence is None else str(sentence) % _Figures(facts)


def all_words(findings: list[dict[str, object]]) -> list[str]:
    """Say the findings of a `Screening` row, in their order."""
    return [words(str(found["code"]), _mapping(found["facts"])) for found in findings]


class _Figures(dict[str, str]):
    """Figures for a sentence; one that is missing shows as a gap, so that the rest is heard."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        """Write amounts (`…_minor`) as money under their bare names, the rest as it is."""
        currency = str(facts.get("currency", ""))
        super().__init__()
        for name, value in facts.items():
            if name.endswith(_MINOR) and isinstance(value, int):
                language = get_language() or "en"
                self[name.removesuffix(_MINOR)] = format_money(value, currency, language=language)
            else:
                self[name] = str(value)

    def __missing__(self, name: str) -> str:
        return "…"


def _mapping(value: object) -> Mapping[str, object]:
    """Take the figures out of a row's JSON; a row of another shape has none."""
    return value if isinstance(value, dict) else {}
