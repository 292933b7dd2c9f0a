"""The moves of every noun, drawn and listed from `*/states.py`."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from types import ModuleType

import ledger.states
import payments.capture_states
import payments.parked_states
import payments.states
import risk.states
import settlements.states
from ledger.states import StateTable

NOUNS = (
    ("Payment", payments.states, "PAYMENT"),
    ("Order to a channel", payments.states, "OPERATION"),
    ("Capture", payments.capture_states, "CAPTURE"),
    ("Void", payments.capture_states, "VOID"),
    ("Refund", payments.states, "REFUND"),
    ("Money in suspense", payments.parked_states, "PARKED"),
    ("Another way for a refund", payments.parked_states, "REMEDY"),
    ("Manual entry", payments.states, "MANUAL_ENTRY"),
    ("Settlement", settlements.states, "SETTLEMENT"),
    ("Payout", settlements.states, "PAYOUT"),
    ("Opening", settlements.states, "OPENING"),
    ("Approval request", ledger.states, "APPROVAL"),
    ("Case", risk.states, "CASE"),
    ("Hold", risk.states, "HOLD"),
)


def as_page() -> str:
    """Draw and list the moves of every noun."""
    return "\n".join(line for noun in NOUNS for line in _noun(*noun))


def _noun(title: str, module: ModuleType, name: str) -> Iterator[str]:
    table: StateTable = getattr(module, name)
    path = f"{module.__name__.replace('.', '/')}.py"
    yield from (f"## {title}", "", f"`{path}`, `{name}`. {_said_below(module, name)}", "")
    yield from ("```mermaid", "stateDiagram-v2", "    direction LR")
    yield f"    [*] --> {next(iter(table.states)).value}"
    for state, news in table.moves.items():
        yield from (f"    {state!s} --> {new!s}" for new in _in_order(table, news))
        if not news:
            yield f"    {state!s} --> [*]"
    yield from ("```", "", "| state | people read | may become |", "|---|---|---|")
    for state, news in table.moves.items():
        may = ", ".join(f"`{new!s}`" for new in _in_order(table, news)) or "■"
        yield f"| `{state!s}` | {table.states(state).label} | {may} |"
    yield ""


def _in_order(table: StateTable, states: frozenset[str]) -> list[str]:
    return [state for state in table.states.values if state in states]


def _said_below(module: ModuleType, name: str) -> str:
    """Return the text that stands below an assignment: who makes these moves."""
    body = ast.parse(inspect.getsource(module)).body
    for statement, after in pairwise(body):
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return " ".join(str(after.value.value).split())
    raise LookupError(f"{module.__name__}.{name} does not say who moves it")
