"""What goes wrong on purpose: ordered through the control API, used up one by one."""

import json
import random
import threading
from dataclasses import dataclass, field, replace
from enum import StrEnum

from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.store import Store


class FaultKind(StrEnum):
    """The ways in which a channel fails; the first group strikes requests, the second ours."""

    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER_COMMIT = "timeout_after_commit"
    HTTP_500 = "http_500"
    BAD_SIGNATURE = "bad_signature"
    TRUNCATED_JSON = "truncated_json"
    SYSTEM_ERROR = "system_error"
    SLOW = "slow"
    # Only WeChat Pay knows these.
    FREQUENCY_LIMITED = "frequency_limited"
    UNSIGNED_ANSWER = "unsigned_answer"
    STALE_ANSWER = "stale_answer"

    NOTIFY_DROP = "notify_drop"
    NOTIFY_DUPLICATE = "notify_duplicate"
    NOTIFY_WRONG_AMOUNT = "notify_wrong_amount"
    NOTIFY_WRONG_APP = "notify_wrong_app"
    NOTIFY_FORGED = "notify_forged"
    NOTIFY_DELAY = "notify_delay"
    # A body that something on its way made safe for a page, and so spoilt.
    NOTIFY_ESCAPED = "notify_escaped"
    # Only Alipay knows this: written, and signed, in GBK.
    NOTIFY_GBK = "notify_gbk"
    # Only WeChat Pay knows these.
    NOTIFY_STALE = "notify_stale"
    NOTIFY_SIGNTEST = "notify_signtest"

    @property
    def strikes_notifications(self) -> bool:
        """Whether it strikes what the simulator sends, not what it is asked."""
        return self.value.startswith("notify_")


@dataclass(frozen=True)
class Fault:
    """One order to fail, `remaining` times more.

    `after_commit` lets http_500 and system_error strike after the deed instead of before it.
    `wait_ms` is real time: how long `slow` waits and how long the two time-outs keep the
    connection before they close it without an answer; for `notify_delay` it is virtual time.
    Of the calls that it was ordered for it strikes `percent` in a hundred, by chance.
    """

    id: int
    kind: FaultKind
    method: str | None
    app_id: str | None
    out_trade_no: str | None
    remaining: int
    wait_ms: int = 0
    after_commit: bool = False
    total_amount: str | None = None
    other_app_id: str | None = None
    percent: int = 100

    def strikes(
        self,
        *,
        method: str,
        app_id: str,
        out_trade_no: str,
        other_app_id: str = "",
        other_number: str = "",
    ) -> bool:
        """Say whether a call is one of those that it was ordered for.

        A refund has a number of its own and that of its trade, a merchant of WeChat Pay its mchid
        and its appid: either may be ordered for.
        """
        return (
            self.method in (None, method)
            and self.app_id in (None, app_id, other_app_id or app_id)
            and self.out_trade_no in (None, out_trade_no, other_number or out_trade_no)
        )

    def shown(self) -> dict[str, object]:
        """Describe it to people."""
        return {"id": self.id, "kind": self.kind.value, "count": self.remaining, **self.filter()}

    def filter(self) -> dict[str, str | None]:
        """Say which calls it strikes; None means any."""
        return {"method": self.method, "app_id": self.app_id, "out_trade_no": self.out_trade_no}

    def detail(self) -> dict[str, str | int | bool | None]:
        """Say how it strikes."""
        return {
            "wait_ms": self.wait_ms,
            "after_commit": self.after_commit,
            "total_amount": self.total_amount,
            "other_app_id": self.other_app_id,
            "percent": self.percent,
        }


def fault_from(fields: JsonFields) -> Fault:
    """Read the order for a fault; Raises RefusedError if there is no such kind or field."""
    name = fields.text("kind")
    if name not in {kind.value for kind in FaultKind}:
        raise RefusedError(status=400, code="unknown_fault", detail=f"there is no fault {name}")
    seconds = fields.optional_number("seconds")
    fault = Fault(
        id=0,
        kind=FaultKind(name),
        method=fields.optional_text("method"),
        app_id=fields.optional_text("app_id"),
        out_trade_no=fields.optional_text("out_trade_no"),
        remaining=fields.integer("count", default=1),
        wait_ms=0 if seconds is None else int(seconds * 1000),
        after_commit=fields.flag("after_commit"),
        total_amount=fields.optional_text("total_amount"),
        other_app_id=fields.optional_text("other_app_id"),
        percent=fields.integer("percent", default=100),
    )
    fields.require_no_more()
    if fault.remaining < 1:
        raise bad_request("count must be 1 or more")
    if not 1 <= fault.percent <= 100:
        raise bad_request("percent must be from 1 to 100")
    return fault


SEED_SETTING = "fault_seed"


@dataclass
class FaultBook:
    """The faults that are still to strike, oldest first; kept over restarts."""

    store: Store
    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _dice: dict[str, random.Random] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take up what an earlier process left."""
        rows = self.store.rows("SELECT * FROM faults WHERE remaining > 0 ORDER BY id")
        self._waiting = [
            Fault(
                id=row["id"],
                kind=FaultKind(row["kind"]),
                remaining=row["remaining"],
                **json.loads(row["filter"]),
                **json.loads(row["detail"]),
            )
            for row in rows
        ]

    def changed(self, name: str, fields: JsonFields) -> object:
        """Order a fault, or a seed for all; Raises RefusedError for what cannot be read."""
        if name == "faults":
            return self.order(fault_from(fields)).shown()
        seed = fields.integer("seed")
        fields.require_no_more()
        self.draw_by(seed)
        return {"seed": seed}

    def order(self, fault: Fault) -> Fault:
        """Let a fault wait for its call."""
        with self._lock, self.store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO faults (kind, filter, detail, remaining) VALUES (?, ?, ?, ?)",
                (
                    fault.kind.value,
                    json.dumps(fault.filter()),
                    json.dumps(fault.detail()),
                    fault.remaining,
                ),
            )
            ordered = replace(fault, id=int(cursor.lastrowid or 0))
            self._waiting = [*self._waiting, ordered]
        return ordered

    def draw_by(self, seed: int) -> None:
        """Draw shares by a seed from now on: the same calls of a method meet the same faults."""
        with self._lock:
            self.store.keep_setting(SEED_SETTING, value=str(seed))
            self._dice = {}

    def strike(
        self,
        *,
        notification: bool,
        method: str,
        app_id: str,
        out_trade_no: str,
        other_app_id: str = "",
        other_number: str = "",
    ) -> Fault | None:
        """Use up one strike of the oldest fault that was ordered for this call, if any."""
        if not self._waiting:
            return None
        with self._lock, self.store.transaction() as connection:
            place = next(
                (
                    place
                    for place, waiting in enumerate(self._waiting)
                    if waiting.kind.strikes_notifications == notification
                    and waiting.strikes(
                        method=method,
                        app_id=app_id,
                        out_trade_no=out_trade_no,
                        other_app_id=other_app_id,
                        other_number=other_number,
                    )
                    and self._happens(waiting, method=method)
                ),
                None,
            )
            if place is None:
                return None
            fault = self._waiting[place]
            left = replace(fault, remaining=fault.remaining - 1)
            connection.execute(
                "UPDATE faults SET remaining = ? WHERE id = ?", (left.remaining, left.id)
            )
            kept = [left] if left.remaining else []
            self._waiting = [*self._waiting[:place], *kept, *self._waiting[place + 1 :]]
        return fault

    def _happens(self, fault: Fault, *, method: str) -> bool:
        if fault.percent == 100:
            return True
        if method not in self._dice:
            # Dice of its own for each method: who calls another one between changes nothing. After
            # a restart they go on from the strikes that are left, which the store has kept.
            seed = self.store.setting(SEED_SETTING)
            left = sum(waiting.remaining for waiting in self._waiting)
            # Nothing secret is drawn, and a seed has to repeat it.
            self._dice[method] = random.Random(seed and f"{seed} {left} {method}")  # noqa: S311
        return self._dice[method].randrange(100) < fault.percent

    def waiting(self) -> list[Fault]:
        """List the faults that are still to strike, oldest first."""
        return list(self._waiting)

    def forget_all(self) -> int:
        """Drop the faults that have not struck; returns how many there were."""
        with self._lock, self.store.transaction() as connection:
            connection.execute("UPDATE faults SET remaining = 0 WHERE remaining > 0")
            forgotten = len(self._waiting)
            self._waiting = []
        return forgotten
