"""Bills that say something else than what happened: ordered beforehand, for every channel.

A channel's bill is made of `BillLine`s, in the order in which it lists them, and each channel
writes them in its own columns. Between the two it hands them to `BillChangeBook.applied`, which
leaves a line out, adds one that nothing happened for, or changes an amount, a fee or a status,
as it was ordered at `POST /control/bills`:

    {"channel": "alipay", "owner": "<app_id>", "day": "2026-03-01", "kind": "amount",
     "number": "<ours, of the payment or of the refund>", "amount_minor": 8881}

`owner` is how the channel knows us: Alipay's app_id, WeChat Pay's mchid, UnionPay's merId. A
change counts each time that the day's bill is made, until `DELETE /control/bills` forgets all:
a bill that is fetched twice says the same twice. What truly happened stays as it was, and so do
the answers to queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.store import Store


class LineAbout(StrEnum):
    """What a line of a bill is about."""

    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True)
class BillLine:
    """One line of a bill, before it is written in a channel's columns.

    `number` is the merchant's: of the payment, or the refund's own. Amounts are positive, also of
    refunds; for those `fee_minor` is what goes back. `status` is the channel's own word.
    `details` are the texts that only this channel has; a line that was ordered has none, so read
    them with `details.get`.
    """

    about: LineAbout
    number: str
    amount_minor: int
    fee_minor: int
    status: str
    details: Mapping[str, str] = field(default_factory=dict)


class ChangeKind(StrEnum):
    """The ways in which a bill can differ from what happened."""

    MISSING = "missing"
    EXTRA = "extra"
    AMOUNT = "amount"
    FEE = "fee"
    STATUS = "status"


@dataclass(frozen=True)
class BillChange:
    """One order to let the bill of a day differ; None as `about` means either."""

    id: int
    channel: str
    owner: str
    day: date
    kind: ChangeKind
    number: str
    about: LineAbout | None
    amount_minor: int
    fee_minor: int
    status: str

    def shown(self) -> dict[str, object]:
        """Describe it to people."""
        return {
            "id": self.id,
            "channel": self.channel,
            "owner": self.owner,
            "day": self.day.isoformat(),
            "kind": self.kind.value,
            "number": self.number,
            "about": None if self.about is None else self.about.value,
            "amount_minor": self.amount_minor,
            "fee_minor": self.fee_minor,
            "status": self.status,
        }

    def applied(self, lines: Sequence[BillLine]) -> list[BillLine]:
        """Give the lines as this change lets the bill say them."""
        if self.kind == ChangeKind.EXTRA:
            return [*lines, self._extra()]
        return [
            self._changed(line) if self._is_about(line) else line
            for line in lines
            if self.kind != ChangeKind.MISSING or not self._is_about(line)
        ]

    def _is_about(self, line: BillLine) -> bool:
        return line.number == self.number and self.about in (None, line.about)

    def _changed(self, line: BillLine) -> BillLine:
        match self.kind:
            case ChangeKind.AMOUNT:
                return replace(line, amount_minor=self.amount_minor)
            case ChangeKind.FEE:
                return replace(line, fee_minor=self.fee_minor)
            case _:
                return replace(line, status=self.status)

    def _extra(self) -> BillLine:
        return BillLine(
            about=self.about or LineAbout.PAYMENT,
            number=self.number,
            amount_minor=self.amount_minor,
            fee_minor=self.fee_minor,
            status=self.status,
        )


def bill_change_from(fields: JsonFields) -> BillChange:
    """Read the order for a change; Raises RefusedError if it lacks what its kind needs."""
    kind = fields.text("kind")
    if kind not in {known.value for known in ChangeKind}:
        raise RefusedError(status=400, code="unknown_change", detail=f"there is no change {kind}")
    about = fields.optional_text("about")
    if about is not None and about not in {known.value for known in LineAbout}:
        raise bad_request("about is payment or refund")
    change = BillChange(
        id=0,
        channel=fields.text("channel"),
        owner=fields.text("owner"),
        day=_day(fields.text("day")),
        kind=ChangeKind(kind),
        number=fields.text("number"),
        about=None if about is None else LineAbout(about),
        amount_minor=fields.integer("amount_minor", default=0),
        fee_minor=fields.integer("fee_minor", default=0),
        status=fields.optional_text("status") or "",
    )
    fields.require_no_more()
    if change.kind in (ChangeKind.AMOUNT, ChangeKind.EXTRA) and change.amount_minor < 1:
        raise bad_request("amount_minor must be 1 or more")
    if change.fee_minor < 0:
        raise bad_request("fee_minor must not be negative")
    if change.kind == ChangeKind.STATUS and not change.status:
        raise bad_request("status is missing")
    return change


@dataclass(frozen=True)
class BillChangeBook:
    """The changes of all channels' bills, oldest first; kept over restarts."""

    store: Store

    def order(self, change: BillChange) -> BillChange:
        """Let the bill of a day differ, from the next time that it is made."""
        with self.store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO bill_changes (channel, owner, day, kind, number, about,"
                " amount_minor, fee_minor, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    change.channel,
                    change.owner,
                    change.day.isoformat(),
                    change.kind.value,
                    change.number,
                    None if change.about is None else change.about.value,
                    change.amount_minor,
                    change.fee_minor,
                    change.status,
                ),
            )
        return replace(change, id=int(cursor.lastrowid or 0))

    def applied(
        self, lines: Sequence[BillLine], *, channel: str, owner: str, day: date
    ) -> list[BillLine]:
        """Give the lines of a day's bill as they were ordered to be, the rest as they are."""
        changed = list(lines)
        for change in self.waiting():
            if (change.channel, change.owner, change.day) == (channel, owner, day):
                changed = change.applied(changed)
        return changed

    def waiting(self) -> list[BillChange]:
        """List the changes that count, oldest first."""
        return [
            BillChange(
                **{
                    **dict(row),
                    "day": date.fromisoformat(row["day"]),
                    "kind": ChangeKind(row["kind"]),
                    "about": None if row["about"] is None else LineAbout(row["about"]),
                }
            )
            for row in self.store.rows("SELECT * FROM bill_changes ORDER BY id")
        ]

    def forget_all(self) -> int:
        """Let all bills tell what happened again; returns how many changes there were."""
        with self.store.transaction() as connection:
            return connection.execute("DELETE FROM bill_changes").rowcount


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"day is not a date: {text}") from error
