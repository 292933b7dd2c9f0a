"""The frame of the pages for who runs the simulator: the front page and the control page."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from payments.simulator.exchange import Answer

_TEXT: Final = Path(__file__).with_name("board.html").read_text(encoding="utf-8")
_PAGE: Final = Template(_TEXT)
_STYLE: Final = re.findall(r"<style>(.*?)</style>", _TEXT, flags=re.DOTALL)[0]
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    ("Cache-Control", "no-store"),
    # Without a referrer browsers hide the origin of our own forms as well.
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
)


def page(body: str, *, status: int = 200) -> Answer:
    """Put HTML into the frame."""
    return Answer(
        status=status,
        body=_PAGE.substitute(body=body).encode(),
        content_type="text/html; charset=utf-8",
        headers=HEADERS,
    )


def section(heading: str, content: str, *, is_wide: bool = False) -> str:
    """Write a section; its content is HTML."""
    attribute = ' class="wide"' if is_wide else ""
    return f"<section{attribute}><h2>{escape(heading)}</h2>{content}</section>"


def note(text: str) -> str:
    """Write a line of explanation."""
    return f'<p class="note">{escape(text)}</p>'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table whose cells are texts; the last column may be long. Without rows: nothing."""
    written = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    if not written:
        return note("None. 无。")
    titles = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    # Keyboards scroll only what has the focus.
    return (
        '<div class="table" tabindex="0" role="region" aria-label="Table 表格">'
        f"<table><thead><tr>{titles}</tr></thead><tbody>{written}</tbody></table></div>"
    )


def link(path: str, words: str) -> str:
    """Write a link."""
    return f'<a href="{escape(path)}">{escape(words)}</a>'


def _cells(row: Sequence[object]) -> str:
    texts = [_text(cell) for cell in row]
    *first, last = texts
    return "".join(f"<td>{text}</td>" for text in first) + f'<td class="text">{last}</td>'


def _text(cell: object) -> str:
    if isinstance(cell, Html):
        return str(cell)
    return "" if cell is None else escape(str(cell))


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()
