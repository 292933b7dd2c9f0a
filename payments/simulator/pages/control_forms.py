"""The forms of the control page: one input a field of the control API."""

from dataclasses import dataclass
from html import escape
from typing import Final

FLAGS: Final = frozenset({"force", "real", "after_commit", "ip_refused"})
"""Fields that are true when they are sent at all."""
NUMBERS: Final = frozenset(
    {
        *("rate", "count", "percent", "seconds"),
        *("amount_minor", "fee_minor", "coupon_minor", "gift_minor"),
    }
)
"""Fields that are numbers; all others are texts."""


@dataclass(frozen=True)
class Input:
    """One field: its name in the API, its words, an example, and what may be chosen if little."""

    name: str
    words: str
    example: str = ""
    choices: tuple[str, ...] = ()

    def html(self) -> str:
        """Write it with its label."""
        words = escape(self.words)
        if self.name in FLAGS:
            box = f'<input type="checkbox" name="{self.name}" value="1">'
            return f'<label class="check">{box} {words}</label>'
        if self.choices:
            options = "".join(f"<option>{choice}</option>" for choice in self.choices)
            return f'<label>{words}<select name="{self.name}">{options}</select></label>'
        mode = ' inputmode="decimal"' if self.name in NUMBERS else ""
        return (
            f'<label>{words}<input name="{self.name}" placeholder="{escape(self.example)}"'
            f' autocomplete="off"{mode}></label>'
        )


@dataclass(frozen=True)
class Form:
    """One order of the control API; what is left empty is not sent."""

    heading: str
    order: str
    inputs: tuple[Input, ...]
    button: str
    note: str = ""

    def html(self) -> str:
        """Write it."""
        inputs = "".join(one.html() for one in self.inputs)
        note = f'<p class="note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<form method="post"><div class="fields">{inputs}</div>'
            f'<button name="order" value="{self.order}">{escape(self.button)}</button></form>{note}'
        )
