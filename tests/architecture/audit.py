"""Who writes the audit trail: which actions reach it, and by which codes.

The graph follows names: a function reaches what it names, called or handed on. Where a method's
owner is unknown every method of that name in an action counts: rather found than missed.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.architecture.sources import Source

RECORD = "ledger.actions.audit.record_audit"
REFUSE = "ledger.actions.audit.record_refusal"
TOLD_BY = {"tell", "_tell", "tell_code", "_record", "_note_refusal"}
"""Functions that take a code by place, or as their `kind`."""


@dataclass
class Graph:
    """What each function of the house names, by its full name (`payments.actions.fees.f`)."""

    edges: dict[str, set[str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    durable: set[str] = field(default_factory=set)

    def reaches(self, start: str, goal: str) -> bool:
        """Tell whether a way leads from one function to another."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name == goal:
                return True
            if name not in seen:
                seen.add(name)
                waiting.extend(self.edges.get(name, ()))
        return False


def graph_of(sources: Iterable[Source]) -> Graph:
    """Read the functions of some sources and what they name."""
    sources = list(sources)
    methods = _methods([source for source in sources if source.floor == "actions"])
    graph = Graph()
    for source in sources:
        known = _names_known(source)
        for name, node in _functions(source):
            graph.places[name] = source.at(node)
            graph.edges[name] = set(_named(node, known=known, methods=methods))
            if _is_durable(node):
                graph.durable.add(name)
    return graph


def silent_deeds(graph: Graph, *, excused: Mapping[str, str]) -> Iterator[str]:
    """Every durable deed of an action leaves a row in the audit trail, or has its reason."""
    for name in sorted(graph.durable):
        if ".actions." in name and name not in excused and not graph.reaches(name, RECORD):
            yield f"{graph.places[name]}: {name} writes nothing into the audit trail"


def codes(source: Source) -> Iterator[str]:
    """Yield every code of a deed that is written out in a source."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            told = {"action", "deed"} | ({"kind"} if _last(node.func) in TOLD_BY else set())
            for keyword in node.keywords:
                if keyword.arg in told:
                    yield from _code(keyword.value)
            if _last(node.func) in TOLD_BY:
                for argument in node.args:
                    yield from _code(argument)
        elif isinstance(node, ast.Assign) and any(_last(t) == "deed" for t in node.targets):
            yield from _code(node.value)
        elif isinstance(node, ast.Assign) and any(_last(t) == "deeds" for t in node.targets):
            for value in getattr(node.value, "values", []):
                yield from _code(value)


def codes_made_of_parts(source: Source) -> Iterator[tuple[str, str]]:
    """Yield where a code is put together, and of what: `{kind}.approved`."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        is_told = _last(node.func) in {"record_audit", "record_refusal", *TOLD_BY}
        for value in [*node.args, *(k.value for k in node.keywords if k.arg == "action")]:
            for part in ast.walk(value):
                if is_told and isinstance(part, ast.JoinedStr):
                    yield source.path, ast.unparse(part)[2:-1]


def approval_kinds(source: Source) -> Iterator[str]:
    """Yield what stands for the kind wherever an approval is asked for."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _last(node.func) == "request_approval":
            yield from (ast.unparse(k.value) for k in node.keywords if k.arg == "kind")


def posts(sources: Iterable[Source]) -> Iterator[str]:
    """Yield every view that takes a POST, by its full name."""
    for source in sources:
        for name, node in _functions(source):
            decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
            if "require_POST" in decorators or "'POST'" in decorators:
                yield name


def _code(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            noun, dot, verb = part.value.partition(".")
            if dot and noun.replace("_", "").isalpha() and verb.replace("_", "").isalpha():
                yield part.value


def _functions(source: Source) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef):
            yield f"{source.module}.{node.name}", node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{source.module}.{node.name}.{inner.name}", inner


def _methods(sources: Iterable[Source]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for source in sources:
        for name, node in _functions(source):
            if name.count(".") > source.module.count(".") + 1:
                found.setdefault(node.name, set()).add(name)
    return found


def _names_known(source: Source) -> dict[str, str]:
    """Return what each name of a module means: its own functions, and what it imports."""
    known = {
        node.name: f"{source.module}.{node.name}"
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            # An object of the module (`_EXCHANGE = Exchange(send=_send)`) is what it is made of.
            for target in node.targets:
                if isinstance(target, ast.Name) and node in source.tree.body:
                    known.setdefault(target.id, f"{source.module}.{target.id}")
    return known


def _named(
    node: ast.FunctionDef, *, known: Mapping[str, str], methods: Mapping[str, set[str]]
) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in known:
            yield known[part.id]
        elif isinstance(part, ast.Attribute):
            if isinstance(part.value, ast.Name) and part.value.id in known:
                yield f"{known[part.value.id]}.{part.attr}"
            yield from methods.get(part.attr, ())


def _is_durable(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(part, ast.keyword)
        and part.arg == "durable"
        and isinstance(part.value, ast.Constant)
        and part.value.value is True
        for part in ast.walk(node)
    )


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
