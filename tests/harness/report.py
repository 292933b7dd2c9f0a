"""What a run comes to, as a block of Markdown that can be pasted."""

import subprocess
from collections import Counter
from dataclasses import dataclass, field

from tests.harness.records import Channel, House, Row

SHOWN_MAX = 40
OPERATIONS = ("create", "confirm", "cancel", "capture", "void", "refund")
"""What counts as an operation when our API has accepted it."""


def git_hash() -> str:
    """Name the commit that ran."""
    found = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "no commit"


@dataclass
class Report:
    """Counts and violations; sound when there are none of the latter."""

    seed: int
    seconds: float
    design: str
    chaos: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    broken_while_running: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    liveness_seconds: float = 0
    ticks: int = 0
    late_ticks: int = 0
    rows: list[tuple[str, object]] = field(default_factory=list)
    accepted: int = 0
    failed_jobs: list[tuple[str, int]] = field(default_factory=list)

    @property
    def all_violations(self) -> list[str]:
        """Everything that must not be, whenever it was seen."""
        return [*self.broken_while_running, *self.violations]

    @property
    def lost_commits(self) -> int:
        """How many COMMITs were cut off, before the server or after it."""
        return sum(count for name, count in self.chaos.items() if "COMMIT" in name)

    def count(self, house: House, channel: Channel, history: list[Row]) -> None:
        """Keep the numbers that say how much the run proves."""
        ended = Counter((fact["op"], fact["what"]) for fact in history if fact["what"] != "asked")
        accepted = {op: ended[op, "ok"] for op in OPERATIONS}
        self.accepted = sum(accepted.values())
        again = sum(1 for fact in history if fact.get("tries", 1) > 1)
        self.rows = [
            ("operations accepted", self.accepted),
            *((f"… {op}", number) for op, number in accepted.items()),
            ("refused for good", sum(n for (_, what), n in ended.items() if what == "fail")),
            ("never answered", sum(n for (_, what), n in ended.items() if what == "unknown")),
            ("sent more than once by the client", again),
            ("payments", _by_status(house.payments)),
            ("refunds", _by_status(house.refunds)),
            ("captures", _by_status(house.captures)),
            ("voids", _by_status(house.voids)),
            ("orders to channels", _by_status(house.operations)),
            ("… that came to nothing, by code", _codes(house.operations)),
            ("requests at the channels", channel.requests),
            ("… with a fault", sum(channel.faults.values())),
            ("paid at the channels", len(channel.paid)),
            ("held at the channels", len(channel.held)),
            ("taken of what was held", len(channel.captured)),
            ("given back of what was held", len(channel.freed)),
            ("refunded at the channels", len(channel.refunded)),
            *_notices(channel),
        ]

    def as_markdown(self) -> str:
        """Return the report, with every violation or as many as can be read."""
        found = self.all_violations
        verdict = f"**{len(found)} violations**" if found else "**0 violations**"
        rows = [
            *self.rows,
            *((name, number) for name, number in sorted(self.chaos.items())),
            ("COMMIT replies lost", self.lost_commits),
            ("laws asked while it ran", f"{self.reads} times"),
            ("seconds that two schedulers brought", self.ticks),
            ("… again, by a scheduler that was late by a second", self.late_ticks),
            ("until all was over, faults off", f"{self.liveness_seconds:.0f} s"),
            ("jobs given up", dict(self.failed_jobs) or 0),
        ]
        lines = [
            (
                f"Design `{self.design}`, seed {self.seed}, commit {git_hash()},"
                f" {self.seconds:.0f} s of faults: {verdict}."
            ),
            "",
            "| What | How many |",
            "|---|---|",
            *(f"| {name} | {_shown(number)} |" for name, number in rows),
        ]
        if found:
            lines += ["", *(f"- {violation}" for violation in found[:SHOWN_MAX])]
        if len(found) > SHOWN_MAX:
            lines.append(f"- … and {len(found) - SHOWN_MAX} more")
        return "\n".join(lines) + "\n"


def _by_status(rows: list[Row]) -> str:
    counts = Counter(row["status"] for row in rows)
    words = ", ".join(f"{number:,} {status}" for status, number in counts.most_common())
    return f"{len(rows):,}: {words}" if rows else "0"


def _codes(rows: list[Row]) -> str:
    dead = [row for row in rows if row["status"] not in ("succeeded", "manual_review")]
    counts = Counter(f"{row['kind']} {row['code'] or row['status']}" for row in dead)
    return ", ".join(f"{number:,} {code}" for code, number in counts.most_common(8)) or "0"


def _notices(channel: Channel) -> list[tuple[str, str]]:
    """Say by channel how often it told us something, and what was wrong with it."""
    rows = []
    for name in sorted({name for name, _ in channel.notices}):
        counts = {fault: n for (whose, fault), n in channel.notices.items() if whose == name}
        words = ", ".join(
            f"{number:,} {fault.removeprefix('notify_')}"
            for fault, number in sorted(counts.items())
            if fault
        )
        rows.append((f"notifications of {name}", f"{sum(counts.values()):,}: {words}"))
    return rows


def _shown(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)
