"""Read bank account numbers: IBANs by the rules of their country, others by their letters.

Pure. The shapes are those of the SWIFT IBAN registry (release 99): `n` digits, `a` capital
letters, `c` either, each with its count.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from settlements.errors import InvalidAccountNumberError

_SHAPES = """
AD n8c12      AE n19        AL n8c16      AT n16        AZ a4c20      BA n16        BE n12
BG a4n6c8     BH a4c14      BI n23        BR n23a1c1    BY c4n4c16    CH n5c12      CR n18
CY n8c16      CZ n20        DE n18        DJ n23        DK n14        DO c4n20      EE n16
EG n25        ES n20        FI n14        FK a2n12      FO n14        FR n10c11n2   GB a4n14
GE a2n16      GI a4c15      GL n14        GR n7c16      GT c24        HN a4n20      HR n17
HU n24        IE a4n14      IL n19        IQ a4n15      IS n22        IT a1n10c12   JO a4n4c18
KW a4c22      KZ n3c13      LB n4c20      LC a4c24      LI n5c12      LT n16        LU n3c13
LV a4c13      LY n21        MC n10c11n2   MD c20        ME n18        MK n3c10n2    MN n16
MR n23        MT a4n5c18    MU a4n19a3    NI a4n20      NL a4n10      NO n11        OM n3c16
PK a4c16      PL n24        PS a4c21      PT n21        QA a4c21      RO a4c16      RS n18
RU n14c15     SA n2c18      SC a4n20a3    SD n14        SE n20        SI n15        SK n20
SM a1n10c12   SO n19        ST n21        SV a4n20      TL n19        TN n20        TR n6c16
UA n6c19      VA n18        VG a4n16      XK n16        YE a4n4c18
"""
_words = _SHAPES.split()
SHAPES: Mapping[str, str] = MappingProxyType(dict(zip(_words[::2], _words[1::2], strict=True)))
"""What follows the check digits of an IBAN, by country."""

_LETTERS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
_PART = re.compile(r"([nac])(\d+)")
_LIKE_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]*")
_PLAIN = re.compile(r"[A-Z0-9]{6,34}")
_SEPARATORS = re.compile(r"[ .\-\u00a0]")


def normalised(text: str) -> str:
    """Return an account number without its separators, in capitals.

    What begins like an IBAN (two letters, two digits) must be one; anything else has 6 to 34
    letters and digits.

    Raises InvalidAccountNumberError.
    """
    number = _SEPARATORS.sub("", text.strip())
    if not number.isascii():  # before capitals are made: those of some letters are two others
        raise InvalidAccountNumberError
    number = number.upper()
    if _LIKE_IBAN.fullmatch(number):
        if not is_iban(number):
            raise InvalidAccountNumberError
        return number
    if not _PLAIN.fullmatch(number):
        raise InvalidAccountNumberError
    return number


def is_iban(number: str) -> bool:
    """Tell whether a number without separators is an IBAN of a country of the registry.

    Country, length, letters and check digits (ISO 7064, modulo 97) are checked; the national
    check digits inside are not.
    """
    shape = _pattern(number[:2])
    if shape is None or not shape.fullmatch(number[2:]):
        return False
    digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    return int(digits) % 97 == 1


@cache
def _pattern(country: str) -> re.Pattern[str] | None:
    """Turn a country's shape into a pattern of check digits and what follows them."""
    shape = SHAPES.get(country)
    if shape is None:
        return None
    parts = "".join(f"{_LETTERS[kind]}{{{count}}}" for kind, count in _PART.findall(shape))
    return re.compile("[0-9]{2}" + parts)
