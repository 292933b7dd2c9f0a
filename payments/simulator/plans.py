"""What becomes of refunds and transfers when all goes well on the wire: ordered beforehand."""

from dataclasses import dataclass, replace
from enum import StrEnum

from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.store import Store


class PlanKind(StrEnum):
    """The ways in which money takes its time, or does not go.

    `refused`: the channel answers with the error code and remembers nothing; the same number may
    come again. `delayed`: it is accepted, and done after a time. `failed`: it is accepted, and
    after a time it turns out that it failed. `returned` and `reversed`: done, and after a time it
    comes back.
    """

    REFUND_REFUSED = "refund_refused"
    REFUND_DELAYED = "refund_delayed"
    REFUND_FAILED = "refund_failed"
    REFUND_REVERSED = "refund_reversed"
    TRANSFER_REFUSED = "transfer_refused"
    TRANSFER_DELAYED = "transfer_delayed"
    TRANSFER_FAILED = "transfer_failed"
    TRANSFER_RETURNED = "transfer_returned"


REFUND_KINDS = frozenset(kind for kind in PlanKind if kind.value.startswith("refund"))
TRANSFER_KINDS = frozenset(kind for kind in PlanKind if kind.value.startswith("transfer"))
_WITHOUT_ERROR = frozenset({PlanKind.REFUND_DELAYED, PlanKind.TRANSFER_DELAYED})
_RETURNED_CODE = "REFUND"


@dataclass(frozen=True)
class Plan:
    """One order about what is to come; `number` is the refund's, its trade's or the transfer's.

    `wait_ms` is virtual time. None as application or number means any; it counts `remaining`
    times more.
    """

    id: int
    kind: PlanKind
    app_id: str | None
    number: str | None
    wait_ms: int
    error_code: str | None
    remaining: int

    def shown(self) -> dict[str, object]:
        """Describe it to people."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "app_id": self.app_id,
            "number": self.number,
            "wait_ms": self.wait_ms,
            "error_code": self.error_code,
            "count": self.remaining,
        }


def plan_from(fields: JsonFields) -> Plan:
    """Read the order for a plan; Raises RefusedError if it lacks what its kind needs."""
    name = fields.text("kind")
    if name not in {kind.value for kind in PlanKind}:
        raise RefusedError(status=400, code="unknown_plan", detail=f"there is no plan {name}")
    kind = PlanKind(name)
    seconds = fields.optional_number("seconds")
    plan = Plan(
        id=0,
        kind=kind,
        app_id=fields.optional_text("app_id"),
        number=fields.optional_text("number"),
        wait_ms=0 if seconds is None else int(seconds * 1000),
        error_code=fields.optional_text("error_code"),
        remaining=fields.integer("count", default=1),
    )
    fields.require_no_more()
    if plan.remaining < 1:
        raise bad_request("count must be 1 or more")
    if kind == PlanKind.TRANSFER_RETURNED and plan.error_code is None:
        plan = replace(plan, error_code=_RETURNED_CODE)
    if (plan.error_code is None) != (kind in _WITHOUT_ERROR):
        raise bad_request("what goes wrong needs its error_code, and only that")
    return plan


@dataclass(frozen=True)
class PlanBook:
    """The plans that are still to count, oldest first; kept over restarts."""

    store: Store

    def order(self, plan: Plan) -> Plan:
        """Let a plan wait for its refund or transfer."""
        with self.store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO plans (kind, app_id, number, wait_ms, error_code, remaining)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    plan.kind.value,
                    plan.app_id,
                    plan.number,
                    plan.wait_ms,
                    plan.error_code,
                    plan.remaining,
                ),
            )
        return replace(plan, id=int(cursor.lastrowid or 0))

    def take(
        self, kinds: frozenset[PlanKind], *, app_id: str, numbers: tuple[str, ...]
    ) -> Plan | None:
        """Use up the oldest plan for one of these numbers, if any; part of a transaction."""
        plan = next(
            (
                plan
                for plan in self.waiting()
                if plan.kind in kinds
                and plan.app_id in (None, app_id)
                and plan.number in (None, *numbers)
            ),
            None,
        )
        if plan is not None:
            with self.store.transaction() as connection:
                connection.execute(
                    "UPDATE plans SET remaining = remaining - 1 WHERE id = ?", (plan.id,)
                )
        return plan

    def waiting(self) -> list[Plan]:
        """List the plans that are still to count, oldest first."""
        return [
            Plan(**{**dict(row), "kind": PlanKind(row["kind"])})
            for row in self.store.rows("SELECT * FROM plans WHERE remaining > 0 ORDER BY id")
        ]

    def forget_all(self) -> int:
        """Drop the plans that have not counted; returns how many there were."""
        with self.store.transaction() as connection:
            changed = connection.execute("UPDATE plans SET remaining = 0 WHERE remaining > 0")
        return changed.rowcount
