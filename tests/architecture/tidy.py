"""The rules of tidiness, each a function from a file to sentences about what is wrong in it.

Ruff keeps what it can keep (pyproject.toml); here stands what it has no rule for. An exception
is an entry in a list beside its rule, with its reason, never a comment in the code.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from tests.architecture.sources import Source

Rule = Callable[[Source], Iterator[str]]

MODULE_LINES_MAX = 300
LINE_LENGTH_MAX = 100
TOLD_TO_A_TOOL = re.compile(r"\s+# (noqa|type: ignore)\b.*$")
FUNCTION_LINES_MAX = 50
LONG_FUNCTION_LINES_MAX = 70
LONG_FUNCTIONS: dict[str, str] = {
    "risk/actions/limits.py:set_limit": "names the eleven parts of a limit and its author",
    "settlements/rehearsal/marketplace.py:open_marketplace": "registers five accounts, one by one",
    "settlements/actions/destinations.py:register_destination": "writes each field once, by name",
}
"""Functions of 51 to 70 lines, each with the reason why it is clearer in one piece."""

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "core", "shared", "lib"}

CLOCKS = ("config/clock.py",)
FLOATS: dict[str, str] = {
    "payments/channels/transport.py": "seconds of a time-out, as sockets count them",
    "payments/simulator/": "another program, behind the wire; payments/simulator/money is exact",
    "settlements/management/commands/demo.py": "seconds between two looks at what it started",
    "settlements/management/commands/replay_orders.py": "seconds of a run, shown to its reader",
    "settlements/management/commands/verify_books.py": "seconds of a proof, shown to its reader",
    "settlements/rehearsal/": "seconds between two looks, of a rehearsal that prints its progress",
    "config/logging.py": "let alone in a line of the log: no number of a card is one",
    "config/embedded_postgres.py": "seconds to wait for a server",
}
"""Where a fraction of a second may be a float; money is nowhere near."""

ADDRESS_READERS = ("config/middleware.py", "config/client_address.py")
ADDRESS_HEADERS = re.compile(
    r"REMOTE_ADDR|HTTP_X_REAL_IP|HTTP_FORWARDED|HTTP_X_FORWARDED_FOR|X-Forwarded-For|X-Real-IP",
    re.IGNORECASE,
)

WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "asave",
    "acreate",
    "aupdate",
    "adelete",
}
WRITES_OF_OTHER_THINGS: dict[str, str] = {
    "ledger/admin/kinds.py: _WORDS.update": "a dictionary of words",
    "ledger/admin/job_names.py: _WORDS.update": "a dictionary of words",
    "ledger/admin/deeds.py: _NOUNS.update": "a dictionary of words",
    "ledger/admin/deeds.py: _VERBS.update": "a dictionary of words",
}
"""Calls in doors or queries that only look like writing rows: `path: receiver.method`."""

ROW_LOCK = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?(UPDATE|SHARE|KEY\s+SHARE)\b")


def modules_fit_a_short_sitting(source: Source) -> Iterator[str]:
    """A module has at most 300 lines."""
    lines = len(source.text.splitlines())
    if lines > MODULE_LINES_MAX and not _is_migration(source):
        yield f"{source.path}: {lines} lines, and {MODULE_LINES_MAX} are the most"


def lines_fit_the_page(source: Source) -> Iterator[str]:
    """A line has at most 100 characters; what it says to a tool does not count, as in ruff."""
    if _is_migration(source):
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        length = len(TOLD_TO_A_TOOL.sub("", line))
        if length > LINE_LENGTH_MAX:
            yield f"{source.path}:{number}: {length} characters"


def functions_fit_a_screen(source: Source) -> Iterator[str]:
    """A function has at most 50 lines; 70 with its reason in LONG_FUNCTIONS."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        is_excused = f"{source.path}:{node.name}" in LONG_FUNCTIONS
        most = LONG_FUNCTION_LINES_MAX if is_excused else FUNCTION_LINES_MAX
        if lines > most:
            yield f"{source.at(node)}: {node.name} has {lines} lines, and {most} are the most"


def files_have_names(source: Source) -> Iterator[str]:
    """No file or folder is called utils, helpers, common, misc or core."""
    for part in PurePosixPath(source.path.removesuffix(".py")).parts:
        if part in VAGUE_NAMES:
            yield f"{source.path}: {part!r} says nothing; name the trade"


def rows_are_locked_in_locks(source: Source) -> Iterator[str]:
    """`select_for_update` and `FOR UPDATE` stand in `locks.py` alone."""
    if PurePosixPath(source.path).name == "locks.py" or _is_migration(source):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr == "select_for_update":
            yield f"{source.at(node)}: select_for_update belongs to locks.py"
    for node in _spoken(source.tree):
        if ROW_LOCK.search(node.value):
            yield f"{source.at(node)}: a row lock belongs to locks.py"


def only_doors_read_the_clock(source: Source) -> Iterator[str]:
    """The clock is read in config/clock.py and in management commands."""
    if source.path in CLOCKS or "/management/commands/" in source.path:
        return
    clocks = {("timezone", "now"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in clocks:
            yield f"{source.at(node)}: take `at` from the door"
        elif isinstance(node, ast.ImportFrom) and node.module == "django.utils.timezone":
            yield f"{source.at(node)}: import the module, so that a reading of it can be seen"


def money_is_never_a_float(source: Source) -> Iterator[str]:
    """No `float`, no number with a point, no `/` on an amount."""
    if source.path.startswith(tuple(FLOATS)):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield f"{source.at(node)}: float"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{source.at(node)}: {node.value}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            names = (_last_name(node.left), _last_name(node.right))
            if any(name.endswith(("_minor", "_bps")) for name in names):
                yield f"{source.at(node)}: a division that does not show its rounding"


def nothing_is_caught_blindly(source: Source) -> Iterator[str]:
    """There is no bare `except:`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{source.at(node)}: name what is caught"


def only_actions_write(source: Source) -> Iterator[str]:
    """Doors and queries call no `.save(`, `.create(`, `.update(` or `.delete(`."""
    if not source.is_door and source.floor != "queries":
        return
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in WRITES and not _is_other_thing(source, node.func):
            yield f"{source.at(node)}: {ast.unparse(node.func)}(…) writes; call an action"


def addresses_come_from_the_middleware(source: Source) -> Iterator[str]:
    """What says where a request came from is read by the middleware alone."""
    if source.path in ADDRESS_READERS:
        return
    for node in _spoken(source.tree):
        if ADDRESS_HEADERS.search(node.value):
            yield f"{source.at(node)}: {node.value!r}; doors read request.client_ip"


RULES: tuple[Rule, ...] = (
    modules_fit_a_short_sitting,
    lines_fit_the_page,
    functions_fit_a_screen,
    files_have_names,
    rows_are_locked_in_locks,
    only_doors_read_the_clock,
    money_is_never_a_float,
    nothing_is_caught_blindly,
    only_actions_write,
    addresses_come_from_the_middleware,
)

RULES_OF_TESTS: tuple[Rule, ...] = (lines_fit_the_page, files_have_names, nothing_is_caught_blindly)
"""What is asked of the suite as well. A test is as long as its table of cases."""


def _is_migration(source: Source) -> bool:
    return "/migrations/" in source.path


def _is_other_thing(source: Source, call: ast.Attribute) -> bool:
    return f"{source.path}: {ast.unparse(call)}" in WRITES_OF_OTHER_THINGS


def _last_name(node: ast.expr) -> str:
    """Return `timezone` of `timezone` and of `django.utils.timezone`."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _spoken(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the texts that a program uses; what it says about itself in docstrings is none."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node
