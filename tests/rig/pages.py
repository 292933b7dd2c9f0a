"""Read a page as its visitor would: the words of it, and its tables cell by cell."""

import html
import re
from html.parser import HTMLParser

from django.http import HttpResponse

_UNSEEN = re.compile(
    r"<(script|style|head|title)\b.*?</\1>|<[^>]*class=\"unseen\"[^>]*>.*?</[^>]+>", re.DOTALL
)


class _Tables(HTMLParser):
    """Collects the texts of the cells of each table."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._cell = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None


def words(response: HttpResponse) -> str:
    """Return what stands on the page, in one line, without its markup."""
    text = _UNSEEN.sub(" ", response.content.decode()).replace("</time>", "")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def tables(response: HttpResponse) -> list[list[list[str]]]:
    """Return the tables of the page, each as rows of cells, the headings first."""
    reader = _Tables()
    reader.feed(response.content.decode())
    return reader.tables
