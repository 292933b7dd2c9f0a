"""Count money: whole minor units with a currency, split and rounded in one place."""

import copy
import decimal
import re
from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale

from ledger.currencies import EXPONENTS
from ledger.errors import AmountError, CurrencyMismatchError, UnknownCurrencyError

AMOUNT_MINOR_MAX = 2**63 - 1
"""The largest amount in minor units that a `bigint` column holds."""

BPS_PER_WHOLE = 10_000
"""Basis points in one whole: 100 bps are 1 %."""

_PLAIN_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,4}))?")
_LETTER_MEETS_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one ISO 4217 currency; may be negative.

    Adding, subtracting and ordering stay within one currency; amounts of two currencies are
    merely unequal.

    Raises AmountError for anything but a whole number (also for booleans and floats),
    UnknownCurrencyError for a code without a minor unit, CurrencyMismatchError when two
    currencies meet.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not money."""
        _require_whole(self.minor)
        exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Take away an amount of the same currency."""
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        """Turn the sign round."""
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        """Tell whether this is less, in the same currency."""
        return self.minor < self._minor_of(other)

    def __le__(self, other: "Money") -> bool:
        """Tell whether this is less or the same, in the same currency."""
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: "Money") -> bool:
        """Tell whether this is more, in the same currency."""
        return self.minor > self._minor_of(other)

    def __ge__(self, other: "Money") -> bool:
        """Tell whether this is more or the same, in the same currency."""
        return self.minor >= self._minor_of(other)

    def __str__(self) -> str:
        """Write `12.34 CNY`, for logs and tests; people read `format_money`."""
        return f"{to_decimal_text(self.minor, self.currency)} {self.currency}"

    def _minor_of(self, other: "Money") -> int:
        """Give the other amount's minor units if it is of this currency."""
        if not isinstance(other, Money):
            raise AmountError
        if other.currency != self.currency:
            raise CurrencyMismatchError(left=self.currency, right=other.currency)
        return other.minor


def exponent(currency: str) -> int:
    """Give the number of decimal places of a currency, by our own ISO 4217 table.

    Raises UnknownCurrencyError for codes that are withdrawn, have no minor unit (XAU) or are
    not written in upper case.
    """
    try:
        return EXPONENTS[currency]
    except (KeyError, TypeError):
        raise UnknownCurrencyError(currency=currency) from None


def to_decimal_text(minor: int, currency: str) -> str:
    """Write minor units as a plain decimal with all places of the currency: `12.34`."""
    _require_whole(minor)
    places = exponent(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor))
    if places == 0:
        return sign + digits
    digits = digits.zfill(places + 1)
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def from_decimal_text(text: str, currency: str) -> int:
    """Read a plain decimal (`12.34`, `-0.5`, `7`) as minor units, exactly or not at all.

    Missing places count as zeros. Signs other than a minus, blanks, exponents, separators of
    thousands, leading zeros, digits outside ASCII and places beyond the currency's are refused.

    Raises AmountError then and when the amount passes `AMOUNT_MINOR_MAX`.
    """
    places = exponent(currency)
    found = _PLAIN_DECIMAL.fullmatch(text)
    if found is None:
        raise AmountError
    sign, whole, fraction = found.group(1), found.group(2), found.group(3) or ""
    if len(fraction) > places:
        raise AmountError
    minor = int(whole + fraction.ljust(places, "0"))
    if minor > AMOUNT_MINOR_MAX:
        raise AmountError
    return -minor if sign else minor


def format_money(minor: int, currency: str, *, language: str) -> str:
    """Show an amount with its currency as people write it in a language (`zh-hans`, `en`).

    The places are those of our table, not the locale's: what is shown is exact.
    """
    places = exponent(currency)
    locale = Locale.parse(language.replace("-", "_"))
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (places, places)
    amount = decimal.Decimal(to_decimal_text(minor, currency))
    shown = str(pattern.apply(amount, locale, currency=currency, currency_digits=False))
    # CLDR parts letters from digits (KWD 1.000) where it does not part signs (¥1.00); Babel 2.18
    # leaves that rule to us.
    return _LETTER_MEETS_DIGIT.sub("\N{NO-BREAK SPACE}", shown)


def share(amount_minor: int, *, bps: int) -> int:
    """Take so many basis points of an amount, rounded half up (away from zero) once.

    Raises AmountError if the basis points are negative.
    """
    return proportion(amount_minor, part=bps, whole=BPS_PER_WHOLE)


def proportion(amount_minor: int, *, part: int, whole: int) -> int:
    """Take part/whole of an amount, rounded half up (away from zero): the one rounding.

    A negative amount gives the mirror image, so taking back what was taken leaves nothing.

    Raises AmountError if the part is negative or the whole is not above zero.
    """
    _require_whole(amount_minor, part, whole)
    if part < 0 or whole <= 0:
        raise AmountError
    rounded = (2 * abs(amount_minor) * part + whole) // (2 * whole)
    return -rounded if amount_minor < 0 else rounded


def allocate(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts add up to it exactly.

    Largest remainder: every part is the exact one rounded down, and the units that are left go
    one by one to the largest remainders, of equal ones to the first. So each part is less than
    one unit away from its exact value and a weight of zero gets zero. A negative amount is
    split as its mirror image.

    Raises AmountError if there is no weight, one is negative, or all are zero.
    """
    _require_whole(amount_minor, *weights)
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise AmountError
    amount = abs(amount_minor)
    parts = [amount * weight // total for weight in weights]
    # Python's sort is stable: equal remainders keep their order, so the first is served first.
    by_remainder = sorted(
        range(len(weights)), key=lambda index: amount * weights[index] % total, reverse=True
    )
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return [-part for part in parts] if amount_minor < 0 else parts


def _require_whole(*numbers: int) -> None:
    """Refuse anything but whole numbers; True is a number to Python, not to an accountant."""
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int):
            raise AmountError
