"""How much is kept of what channels write, and how it is made fit to keep."""

import unicodedata
from typing import Final

RAW_BYTES_MAX: Final = 8 * 1024
"""How much of an answer is kept as evidence, in bytes of UTF-8."""

WORDS_LENGTH_MAX: Final = 300
"""How much of a channel's message to people is kept, in characters."""

REFERENCE_LENGTH_MAX: Final = 80
"""How much of a channel's code or reference is kept; none of theirs is longer than 64."""


def kept_answer(body: bytes) -> str:
    """Turn an answer into text worth keeping: whole characters, no NUL, at most 8 KiB."""
    text = (
        body[:RAW_BYTES_MAX].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return text.encode()[:RAW_BYTES_MAX].decode("utf-8", "ignore")


def kept_text(text: str, *, length_max: int = REFERENCE_LENGTH_MAX) -> str:
    """Turn a channel's words into text that a database takes and a page can show.

    Control characters and halves of characters become spaces; the rest is cut at `length_max`.
    """
    plain = (" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
    return "".join(plain).strip()[:length_max]
