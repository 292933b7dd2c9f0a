"""What was before and what is after, side by side, with what changed marked."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Cell, Column, Table, Words

AMOUNTS = frozenset({"amount", "balance", "fee", "gross", "held", "net"})
"""What amounts in minor units are called where their name does not say the unit."""


def difference(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    model: type[Model] | None = None,
) -> Table:
    """Show two states of one thing by field; fields are named as `model` names them."""
    was, now_is = dict(before or {}), dict(after or {})
    currency = str(now_is.get("currency") or was.get("currency") or "")
    names = {} if model is None else _names_of(model)
    rows: list[list[Cell]] = []
    for key in sorted(was | now_is):
        is_changed = was.get(key) != now_is.get(key)
        rows.append(
            [
                names.get(key, key.replace("_", " ")),
                _value(key, was, currency),
                _value(key, now_is, currency),
                showing.badge("review", _("changed")) if is_changed and was and now_is else "",
            ]
        )
    return Table(
        _("before and after"),
        [Column(_("what")), Column(_("before")), Column(_("after")), Column("")],
        rows,
        empty=_("This deed says nothing about what was before and after."),
    )


def _names_of(model: type[Model]) -> dict[str, Words]:
    return {
        field.column: field.verbose_name for field in model._meta.concrete_fields if field.column
    }


def _value(key: str, values: Mapping[str, Any], currency: str) -> SafeString | str:
    if key not in values or values[key] in (None, "", [], {}):
        return showing.nothing()
    value = values[key]
    if isinstance(value, bool):
        return showing.yes_or_no(value)
    if isinstance(value, int) and currency and (key.endswith("_minor") or key in AMOUNTS):
        return showing.money(value, currency)
    if isinstance(value, int) and key.endswith("_bps"):
        return showing.basis_points(value)
    if isinstance(value, dict | list):
        return showing.structure(value)
    return showing.subject_link(str(value))
