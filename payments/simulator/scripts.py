"""Fault scripts: orders to the control API, carried out one after the other in one go.

A script is a JSON list; each step names an address below `/control/` and carries its fields:

    [{"order": "clock", "now": "2026-03-05T12:00:00+08:00"},
     {"order": "faults", "kind": "timeout_after_commit", "count": 3},
     {"order": "alipay/plans", "kind": "refund_delayed", "seconds": 60}]
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request

Ordering = Callable[[str, JsonFields], object]
_STEPS_MAX = 1_000


def run_script(body: bytes | str, *, ordering: Ordering) -> dict[str, object]:
    """Carry the steps out in order, and return what each was answered.

    Raises RefusedError at the first step that is refused, with its place; the steps before it
    stay done. A body that is no list of steps does nothing.
    """
    answers: list[object] = []
    for place, (order, fields) in enumerate(_steps_of(body), 1):
        try:
            answers.append(ordering(f"/control/{order}", JsonFields.of(fields)))
        except RefusedError as refused:
            raise RefusedError(
                status=refused.status,
                code=refused.code,
                detail=f"step {place} ({order}): {refused.detail}",
            ) from refused
    return {"steps": len(answers), "answers": answers}


def _steps_of(body: bytes | str) -> list[tuple[str, Mapping[str, object]]]:
    try:
        steps = json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise bad_request("the script is not JSON") from error
    if not isinstance(steps, list) or len(steps) > _STEPS_MAX:
        raise bad_request(f"a script is a list of at most {_STEPS_MAX} steps")
    found: list[tuple[str, Mapping[str, object]]] = []
    for place, step in enumerate(steps, 1):
        order = step.get("order") if isinstance(step, dict) else None
        if not isinstance(order, str) or order == "script":
            raise bad_request(f"step {place} is no object with an order")
        found.append((order, {name: step[name] for name in step if name != "order"}))
    return found
