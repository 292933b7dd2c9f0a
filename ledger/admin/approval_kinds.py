"""Which kinds of requests there are: who decides on them, and on which page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise

from ledger.admin import showing
from ledger.models import ApprovalRequest

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked for under a name, the right to decide on it, and whose page has the button."""

    words: Words
    permission: str
    model: type[Model]


_KINDS: dict[str, Kind] = {}

KINDS: Mapping[str, Kind] = MappingProxyType(_KINDS)
"""Every kind that a button decides on, by the name under which it is requested."""


def register_kind(name: str, kind: Kind) -> None:
    """Make a kind known; the panel does it for every button that approves."""
    _KINDS.setdefault(name, kind)


def kinds_of(request: HttpRequest) -> Collection[str]:
    """Return the kinds on which this person may decide."""
    return [name for name, kind in _KINDS.items() if request.user.has_perm(kind.permission)]


def names_of_all() -> list[tuple[str, Words]]:
    """Return every kind that people decide on, and what it is called."""
    return [(name, kind.words) for name, kind in _KINDS.items()]


def name_of(kind: str) -> Words:
    """Name a kind as people know it, or as it is written if no page decides on it."""
    known = _KINDS.get(kind)
    return known.words if known is not None else kind


def page_of(row: ApprovalRequest) -> str:
    """Return the address of the page on which a request is decided, or of what it is about."""
    kind = _KINDS.get(row.kind)
    if kind is None:
        return showing.subject_url(row.object_id)
    if kind.model is ApprovalRequest:
        return showing.row_url(row)
    return showing.page_url(kind.model, row.object_id)
