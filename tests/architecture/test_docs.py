"""The documentation says what the code says, leads where it points, and keeps its shape."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from docs import pages
from tests.architecture.sources import ROOT

DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
WRITTEN = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "tests" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SECTIONS = ["## Context", "## Decision", "## Consequences", "## What it costs"]
DECISION_LINES_MAX = 70
"""One page."""

_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
_PLACE_OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(home|root|work|tmp|Users|srv|opt)/\w|[A-Z]:\\")
_PATH_OF_OURS = re.compile(
    r"`((?:config|ledger|payments|risk|settlements|tests|docs|templates)/[\w./-]*\w/?)`"
)
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


# --- what the code knows better -----------------------------------------------------------------


@pytest.mark.parametrize("page", pages.PARTS)
def test_the_generated_parts_are_current(page: str) -> None:
    assert (pages.DOCS / page).read_text() == pages.current(page), "run: python -m docs"


def test_a_page_that_lags_behind_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Given
    marked = "Before.\n<!-- generated: a -->\n{}\n<!-- end: a -->\nAfter.\n"
    (tmp_path / "page.md").write_text(marked.format("\nyesterday\n"))
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    monkeypatch.setattr(pages, "PARTS", {"page.md": {"a": lambda: "today"}})
    assert pages.stale_pages() == ["page.md"]

    # When
    pages.write("page.md")

    # Then
    assert (tmp_path / "page.md").read_text() == marked.format("\ntoday\n")
    assert pages.stale_pages() == []


def test_a_page_without_its_markers_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "page.md").write_text("<!-- generated: b -->")
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    monkeypatch.setattr(pages, "PARTS", {"page.md": {"b": lambda: "today"}})

    with pytest.raises(LookupError, match="not one place for b"):
        pages.stale_pages()


# --- where it points ----------------------------------------------------------------------------


def lost_links(path: Path, text: str) -> Iterator[str]:
    """Yield the relative links and the paths of ours that lead nowhere."""
    for target in _LINK.findall(text):
        if not (path.parent / target).exists():
            yield f"{path.name} links to {target}"
    for named in _PATH_OF_OURS.findall(text):
        if not (ROOT / named).exists():
            yield f"{path.name} names {named}"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert list(lost_links(path, path.read_text())) == []


def test_a_lost_link_is_seen() -> None:
    text = "[a](states.md) [b](gone.md#a) [c](https://example.com) `payments/gone.py` `ledger/`"

    assert list(lost_links(ROOT / "docs" / "index.md", text)) == [
        "index.md links to gone.md",
        "index.md names payments/gone.py",
    ]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_nothing_is_about_one_machine(path: Path) -> None:
    assert _PLACE_OF_ONE_MACHINE.search(path.read_text()) is None


@pytest.mark.parametrize("text", ["see /home/me/notes", "in `/tmp/x`", "C:\\Users"])
def test_a_place_of_one_machine_is_seen(text: str) -> None:
    assert _PLACE_OF_ONE_MACHINE.search(text)


def test_the_index_knows_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    named = {(ROOT / "docs" / target).resolve() for target in _LINK.findall(index)}

    assert {path for path in WRITTEN if path.is_relative_to(ROOT / "docs")} - named == {
        ROOT / "docs" / "index.md"
    }


# --- decisions ----------------------------------------------------------------------------------


def misshapen(decisions: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with decisions by file name: number, title, sections, length."""
    for place, (name, text) in enumerate(sorted(decisions.items()), 1):
        number = f"{place:04d}"
        if not name.startswith(f"{number}-") or not text.startswith(f"# {number} "):
            yield f"{name}: is number {number}"
        if re.findall(r"^## .*$", text, re.MULTILINE) != SECTIONS:
            yield f"{name}: has other sections"
        if len(text.splitlines()) > DECISION_LINES_MAX:
            yield f"{name}: is more than a page"


def test_decisions_have_one_shape() -> None:
    assert len(DECISIONS) >= 14
    assert list(misshapen({path.name: path.read_text() for path in DECISIONS})) == []


def test_a_misshapen_decision_is_seen() -> None:
    sound = "# 0001 A\n\n" + "\n\n".join(SECTIONS)

    assert list(misshapen({"0001-a.md": sound})) == []
    assert list(misshapen({"0002-a.md": sound})) == ["0002-a.md: is number 0001"]
    assert list(misshapen({"0001-a.md": "# 0001 A"})) == ["0001-a.md: has other sections"]
    assert list(misshapen({"0001-a.md": sound + "\n" * 70})) == ["0001-a.md: is more than a page"]


# --- words --------------------------------------------------------------------------------------


def other_words(
    terms: Iterable[tuple[str, str]], catalogue: Mapping[str, set[str]]
) -> Iterator[str]:
    """Yield the glossary's terms that the interface never says so in Chinese."""
    for english, chinese in terms:
        said = catalogue.get(english, set())
        if said and chinese not in said:
            yield f"{english}: {chinese} in the glossary, {sorted(said)} in the interface"


def test_the_glossary_speaks_as_the_interface_does() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    rows = _ROW.findall(text)
    terms = [(english, chinese) for english, chinese, _ in rows if english != "English"]
    catalogue: dict[str, set[str]] = {}
    with (ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").open("rb") as stream:
        for message in read_po(stream):
            if isinstance(message.id, str) and message.string:
                catalogue.setdefault(message.id, set()).add(str(message.string))

    assert len([english for english, _ in terms if english in catalogue]) > 20
    assert list(other_words(terms, catalogue)) == []


def test_two_words_for_one_thing_are_seen() -> None:
    terms = [("payment", "付款"), ("payer", "付款人"), ("netting", "轧差")]
    catalogue = {"payment": {"支付单"}, "payer": {"付款人", "付款方"}}

    assert list(other_words(terms, catalogue)) == [
        "payment: 付款 in the glossary, ['支付单'] in the interface"
    ]
