"""One renderer for every kind of field, for lists and for pages of one row alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from ledger.admin import people, showing
from ledger.models import JournalEntry

ACTOR_FIELDS = frozenset(
    {
        *("actor", "maker", "approver", "imported_by", "requested_by", "closed_by", "created_by"),
        "entered_by",
    }
)
"""Fields that name who did something, in every model."""

STATE_FIELDS = frozenset({"status", "state", "verdict", "decision"})
"""Fields that say where a thing stands; the others with choices only say of which kind it is."""

# Where a row keeps the names of the people it mentions; filled for a whole page in one query.
_NAMES = "_back_office_names"


def name_people(rows: Iterable[Model]) -> None:
    """Find out who the actors of all these rows are, in one query."""
    rows = list(rows)
    actors = [str(getattr(row, name)) for row in rows for name in _actor_fields(row)]
    names = people.names_of(actors) if actors else {}
    for row in rows:
        setattr(row, _NAMES, names)


def shown(
    row: Model,
    field: "models.Field[Any, Any]",
    *,
    currency_path: str = "currency",
    is_secret: bool = False,
) -> SafeString | str:
    """Write one field of a row. `currency_path` leads from the row to its currency."""
    value = field.value_from_object(row)
    if is_secret:
        return showing.yes_or_no(bool(value))
    if field.name in ACTOR_FIELDS and not field.is_relation:
        names: Mapping[str, str] = getattr(row, _NAMES, {})
        return people.actor_link(str(value), names=names)
    if field.name.endswith("_minor"):
        return showing.money(value, str(attrgetter(currency_path)(row)))
    if field.name.endswith("_bps"):
        return showing.basis_points(value)
    if isinstance(field, models.ForeignKey):
        related = getattr(row, field.name)
        if isinstance(related, JournalEntry):
            return showing.link(showing.row_url(related), f"#{related.pk}")
        return showing.row_link(related)
    if field.choices:
        label = str(getattr(row, f"get_{field.name}_display")())
        return showing.badge(str(value), label) if field.name in STATE_FIELDS else label
    return _shown_by_type(value, field)


def title_of(field: "models.Field[Any, Any]") -> str | Promise:
    """Name a field at the head of a column."""
    title: str | Promise = field.verbose_name
    return title


def column(
    field: "models.Field[Any, Any]", *, currency_path: str, is_first: bool = False
) -> Callable[[Model], Any]:
    """Make a column of a list out of a field; the first one is the link to the row's page."""

    def show(row: Model) -> SafeString | str:
        if is_first:
            name = f"get_{field.name}_display" if field.choices else ""
            text = str(getattr(row, name)() if name else getattr(row, field.name))
            return showing.code(text) if field.primary_key else text
        value = field.value_from_object(row)
        if isinstance(field, models.DateTimeField):
            return showing.minute(value)
        return shown(row, field, currency_path=currency_path)

    # The theme makes a CSS class of the name: amounts are aligned by `money_`.
    show.__name__ = f"money_{field.name}" if field.name.endswith("_minor") else field.name
    show.short_description = title_of(field)  # type: ignore[attr-defined]
    return show


def _shown_by_type(value: object, field: "models.Field[Any, Any]") -> SafeString | str:
    kinds: Sequence[tuple[type[models.Field[Any, Any]], Callable[[Any], SafeString | str]]] = [
        (models.BooleanField, showing.yes_or_no),
        (models.DateTimeField, showing.instant),
        (models.DateField, showing.day),
        (models.JSONField, showing.structure),
        (models.BinaryField, _hexadecimal),
        (ArrayField, _listed),
        (models.IntegerField, _counted),
    ]
    if value is None or value == "":
        return showing.nothing()
    for kind, show in kinds:
        if isinstance(field, kind):
            return show(value)
    text = str(value)
    if field.primary_key or not showing.subject_url(text):
        return showing.code(text) if _is_compared(field) else text
    return showing.subject_link(text)


def _actor_fields(row: Model) -> list[str]:
    # A credential that created something is no name of a person: it is a row of its own.
    return [
        field.name
        for field in row._meta.concrete_fields
        if field.name in ACTOR_FIELDS and not field.is_relation
    ]


def _hexadecimal(value: bytes) -> SafeString:
    return showing.code(bytes(value).hex())


def _listed(values: Sequence[str]) -> SafeString | str:
    return ", ".join(values) if values else showing.nothing()


def _counted(value: int) -> str:
    return f"{value:,}"


def _is_compared(field: "models.Field[Any, Any]") -> bool:
    """Tell whether people compare a text letter by letter: numbers, addresses, codes."""
    name = field.name
    return field.primary_key or name.endswith(("_no", "_ip", "_id", "code", "_ref", "_reference"))
