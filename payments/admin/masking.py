"""What channels send, with what it says of people and of keys blotted out."""

import json
import re
from urllib.parse import parse_qsl

MASK = "••••"
# Parts of names under which channels put persons, accounts and signatures; without underscores and
# in small letters, as each channel spells them in its own way.
_PRIVATE = (
    "buyer",
    "payer",
    "logon",
    "userid",
    "username",
    "openid",
    "unionid",
    "realname",
    "accno",
    "accountno",
    "receivedaccount",
    "phone",
    "mobile",
    "sign",
    "cert",
)
_PRIVATE_MEMBER = re.compile(
    rf'("[^"]*(?:{"|".join("_?".join(part) for part in _PRIVATE)})[^"]*"\s*:\s*)"[^"]*"?',
    re.IGNORECASE,
)
# What may be the number of a card: 13 to 19 digits, perhaps in groups, with a fitting last one.
_CARD = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])")
_IS_FORM = re.compile(r"[\w.%+-]+=[^<>]*")


def masked(text: str) -> object:
    """Return an answer (JSON) or a notification (a form) as a structure that may be shown.

    What is cut off or is neither stays a text, with the private parts that can be told blotted
    out all the same.
    """
    try:
        return _masked(json.loads(text), name="")
    except ValueError:
        pass
    if _IS_FORM.fullmatch(text):
        pairs = parse_qsl(text, keep_blank_values=True)
        return {name: _masked(value, name=name) for name, value in pairs}
    return without_cards(_PRIVATE_MEMBER.sub(rf'\1"{MASK}"', text))


def _masked(value: object, *, name: str) -> object:
    """Blot out what stands under a private name, and all that is below one."""
    if isinstance(value, dict):
        above = name if _is_private(name) else ""
        return {str(key): _masked(part, name=above or str(key)) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, name=name) for part in value]
    if _is_private(name) and value not in {"", None}:
        return MASK
    return without_cards(value) if isinstance(value, str) else value


def _is_private(name: str) -> bool:
    plain = name.replace("_", "").lower()
    return any(part in plain for part in _PRIVATE)


def without_cards(text: str) -> str:
    """Return a text in which what may be the number of a card is blotted out.

    One number in ten looks so by chance; who needs it finds it where it belongs.
    """
    return _CARD.sub(lambda found: MASK if _is_card(found.group()) else found.group(), text)


def _is_card(text: str) -> bool:
    """Tell whether the digits of a text add up as those of cards do (ISO/IEC 7812)."""
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [2 * digit if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0
