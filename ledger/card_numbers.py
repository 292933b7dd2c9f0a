"""Recognise bank card numbers in texts, so that none is ever kept here.

A card number is a run of 13 to 19 digits, perhaps in groups parted by single blanks or hyphens,
that begins as the schemes' numbers do and fits its own last digit (Luhn). Not meant, though one in
ten of them fits: milliseconds since 1970 (they begin with 1 until 2033), `yyyyMMddHHmmss` and the
numbers that Alipay gives to people and apps (they begin with 20), and whatever is joined to a
letter, as our own ids are.
"""

import re
from typing import Final

MASK: Final = "[card number]"

# 3 Amex, JCB, Diners; 4 Visa; 5 and 22 to 27 Mastercard, Mir; 6, 8 and 9 UnionPay, Discover and
# the domestic numbers of Chinese banks. No scheme that can be paid with here begins with 0, 1, 20.
_RUN: Final = re.compile(r"(?<![0-9A-Za-z])(?:[3-9]|2[2-7])(?:[ -]?[0-9]){11,18}(?![0-9A-Za-z])")
_DIGITS_MIN: Final = 13
_DIGITS_MAX: Final = 19
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def has_card_number(text: str) -> bool:
    """Tell whether a text has a card number in it."""
    return any(_is_card_number(run[0]) for run in _RUN.finditer(text))


def without_card_numbers(text: str) -> str:
    """Give the text with `MASK` in place of each card number."""
    return _RUN.sub(lambda run: MASK if _is_card_number(run[0]) else run[0], text)


def _is_card_number(run: str) -> bool:
    """Tell whether a run of digits has a card number's length and check digit."""
    digits = [int(letter) for letter in run if letter not in " -"]
    if not _DIGITS_MIN <= len(digits) <= _DIGITS_MAX:
        return False
    total = sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])
    return total % 10 == 0
