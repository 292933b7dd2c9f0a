"""What import-linter cannot see: names of upper apps that lower apps use, and rooms it is not told.

A relation that an upper app declares hangs a name on the lower app's model, such as
`line.settlement_items`. Used in the lower app it is an import that climbs, without an import.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from django.apps import apps

from tests.architecture.sources import APPS, Source

LOOKUP_CALLS = {
    "filter",
    "exclude",
    "get",
    "values",
    "values_list",
    "order_by",
    "annotate",
    "aggregate",
    "alias",
    "select_related",
    "prefetch_related",
    "only",
    "defer",
    "Q",
    "F",
    "Count",
    "Sum",
    "Exists",
    "Prefetch",
}
"""Calls whose keywords and texts name fields."""


def nobody_imports_config(source: Source) -> Iterator[str]:
    """Nobody but config imports config; manage.py starts it."""
    if source.app in ("config", "manage"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        if any(name.split(".")[0] == "config" for name in names):
            yield f"{source.at(node)}: config is wiring, and wires us; we do not know it"


def climbing_names() -> Mapping[str, frozenset[str]]:
    """Return for each app the accessors on its models, and on those below, that apps above hang.

    A name that the app, or one below it, gives to a field or relation of its own is left out:
    the text alone cannot tell the two apart.
    """
    names: dict[str, set[str]] = {app: set() for app in APPS}
    own: dict[str, set[str]] = {app: set() for app in APPS}
    for model in apps.get_models():
        if model._meta.app_label not in APPS:
            continue
        for field in model._meta.get_fields(include_hidden=False):
            related = field.related_model if field.auto_created and field.is_relation else None
            home = model._meta.app_label if related is None else related._meta.app_label
            accessor = field.name if related is None else field.get_accessor_name()
            for app in APPS:
                rank = APPS.index(app)
                if home in APPS and APPS.index(home) > rank:
                    if APPS.index(model._meta.app_label) <= rank:
                        names[app] |= {accessor, field.name}
                elif home in APPS:
                    own[app] |= {accessor, field.name}
    return {app: frozenset(names[app] - own[app] - {None}) for app in APPS}


def no_name_climbs(source: Source, forbidden: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """An app does not use the names that apps above it have hung on its rows.

    The simulator has no rows of ours: what it calls its own nouns is its own matter.
    """
    if source.floor == "simulator":
        return
    names = set(forbidden.get(source.app, ()))
    modules = _imported_names(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            root = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in names and root not in modules:
                yield f"{source.at(node)}: .{node.attr} belongs to an app above"
        elif isinstance(node, ast.Call) and _callee(node) in LOOKUP_CALLS:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            used = [text for text in texts if isinstance(text, str)]
            used += [keyword.arg for keyword in node.keywords if keyword.arg]
            for lookup in used:
                if names & set(lookup.lstrip("-").split("__")):
                    yield f"{source.at(node)}: {lookup!r} belongs to an app above"


def rooms(sources: Iterable[Source]) -> Mapping[str, set[str]]:
    """Return the rooms of each app: its modules and packages, by name."""
    found: dict[str, set[str]] = {app: set() for app in APPS}
    for source in sources:
        if source.app in APPS and source.floor != "__init__":
            found[source.app].add(source.floor)
    return found


def _imported_names(source: Source) -> set[str]:
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _callee(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
