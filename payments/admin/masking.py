"""What channels send, with what it says of people and of keys blotted out."""

import json
import re
from urllib.parse import parse_qsl

MASK = "••••"
# Parts of names under which channels put persons, accounts and signatures.
_PRIVATE = ("buyer", "payer", "logon", "user_id", "open_id", "phone", "mobile", "sign", "cert")
_PRIVATE_MEMBER = re.compile(
    rf'("[^"]*(?:{"|".join(_PRIVATE)})[^"]*"\s*:\s*)"[^"]*"?', re.IGNORECASE
)
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
    return _PRIVATE_MEMBER.sub(rf'\1"{MASK}"', text)


def _masked(value: object, *, name: str) -> object:
    if isinstance(value, dict):
        return {str(key): _masked(part, name=str(key)) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, name=name) for part in value]
    is_private = any(part in name.lower() for part in _PRIVATE)
    return MASK if is_private and value not in {"", None} else value
