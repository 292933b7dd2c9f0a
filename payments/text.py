"""Which text may come in: no controls, no turned direction, no card number."""

import re
import unicodedata
from collections.abc import Iterator

# Emoji and several scripts join letters with these two; every other invisible letter is refused.
_JOINERS = "\u200c\u200d"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_SEPARATED = re.compile(r"(?<!\d)\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?(?!\d)")
_AMEX = re.compile(r"(?<!\d)\d{4}[ -]\d{6}[ -]\d{5}(?!\d)")
_RUN = re.compile(r"(?<!\d)\d{13,19}(?!\d)")

# What card numbers begin with. Dates and Unix times, of which order numbers are made, begin with
# other digits; the cards that begin like a short date have 16 digits.
_ISSUED = re.compile(r"(?:[4-6]|3[4-7]|8[12])\d+|2[2-7]\d{14}")


def is_plain(text: str) -> bool:
    """Tell whether a text has only letters that show, and in the order in which they stand."""
    return not any(
        unicodedata.category(letter) in _INVISIBLE and letter not in _JOINERS for letter in text
    )


def holds_card_number(text: str) -> bool:
    """Tell whether free text holds 13 to 19 digits that check by Luhn, full-width ones included."""
    return any(_checks_by_luhn(digits) for digits in _candidates(text))


def is_card_number(number: str) -> bool:
    """Tell whether a reference of the partner's is a card number: Luhn, and a card's beginning."""
    return any(
        _ISSUED.fullmatch(digits) and _checks_by_luhn(digits) for digits in _candidates(number)
    )


def _candidates(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text)
    for pattern in (_RUN, _SEPARATED, _AMEX):
        for match in pattern.finditer(plain):
            digits = re.sub(r"[ -]", "", match[0])
            if 13 <= len(digits) <= 19:
                yield "".join(str(unicodedata.digit(digit)) for digit in digits)


def _checks_by_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
