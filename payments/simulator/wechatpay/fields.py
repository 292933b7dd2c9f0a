"""Reading the JSON bodies of WeChat Pay's calls, field by field and strictly."""

import json
import re
from datetime import datetime

from payments.simulator.clock import milliseconds
from payments.simulator.wechatpay.refusals import bad_parameter

_AMOUNT_MAX = 2**31 - 1


def is_writable(text: str) -> bool:
    """Say whether a text is whole: JSON may hold halves of characters, which nothing can write."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


class BodyFields:
    """One JSON object of a body; each field is asked for once.

    What nobody asked for is refused. The real WeChat Pay lets unknown fields pass in silence,
    which would hide a name that we misspelt.
    """

    def __init__(self, fields: dict[str, object], *, path: str) -> None:
        """Read the fields of an object that lies at `path`."""
        self._fields = dict(fields)
        self._path = path

    @classmethod
    def of(cls, body: bytes) -> "BodyFields":
        """Read a whole body; Raises CallRefusedError unless it is one JSON object."""
        try:
            fields = json.loads(body.decode("utf-8"))
        except ValueError as error:
            raise bad_parameter("/body", message="请求体不是合法的JSON") from error
        if not isinstance(fields, dict):
            raise bad_parameter("/body", message="请求体不是JSON对象")
        return cls(fields, path="/body")

    def text(self, name: str, *, length_max: int, shape: str = r"(?s:.+)") -> str:
        """Take a text that must be there, of at most so many characters and of this shape."""
        value = self.optional_text(name, length_max=length_max)
        if not value or not re.fullmatch(shape, value):
            raise bad_parameter(self.place(name))
        return value

    def optional_text(self, name: str, *, length_max: int) -> str:
        """Take a text that may be left out: it is empty then."""
        value = self._fields.pop(name, "")
        if not isinstance(value, str) or len(value) > length_max or not is_writable(value):
            raise bad_parameter(self.place(name))
        return value

    def amount(self, name: str) -> int:
        """Take an amount in fen: a whole number of one or more."""
        value = self._fields.pop(name, None)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _AMOUNT_MAX:
            raise bad_parameter(self.place(name))
        return value

    def optional_instant_ms(self, name: str) -> int | None:
        """Take an RFC 3339 instant with its zone, as milliseconds since 1970 UTC."""
        text = self.optional_text(name, length_max=64)
        if not text:
            return None
        try:
            instant = datetime.fromisoformat(text)
        except ValueError as error:
            raise bad_parameter(self.place(name)) from error
        if instant.tzinfo is None or "T" not in text:
            raise bad_parameter(self.place(name))
        return milliseconds(instant)

    def object(self, name: str) -> "BodyFields":
        """Take an object that must be there."""
        value = self._fields.pop(name, None)
        if not isinstance(value, dict):
            raise bad_parameter(self.place(name))
        return BodyFields(value, path=self.place(name))

    def pass_over(self, names: dict[str, type]) -> None:
        """Take fields that change nothing here; only their kind is looked at."""
        for name, kind in names.items():
            value = self._fields.pop(name, None)
            if value is not None and not isinstance(value, kind):
                raise bad_parameter(self.place(name))

    def require_no_more(self) -> None:
        """Refuse fields that nobody asked for."""
        for name in sorted(self._fields):
            raise bad_parameter(self.place(name), message=f"未知的参数“{name}”")

    def place(self, name: str) -> str:
        """Say where a field lies, as WeChat Pay does."""
        return f"{self._path}/{name}"
