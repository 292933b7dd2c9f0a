"""What kinds of entries are called. Each app says it of its own; the ledger of its own few."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, str | Promise] = {"reversal": _("reversal")}


def name_kinds(words: Mapping[str, str | Promise]) -> None:
    """Say what some kinds of entries are called; apps do it when their pages are found."""
    _WORDS.update(words)


def kind_words(kind: str) -> str:
    """Return what a kind of entry is called; one that nobody named is written out."""
    return str(_WORDS.get(kind, kind.replace("_", " ")))


def named_kinds() -> dict[str, str]:
    """Return every kind that has a name, by its own order, for pages that offer a choice."""
    return {kind: str(words) for kind, words in sorted(_WORDS.items())}
