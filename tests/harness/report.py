"""What a run comes to, as a block of Markdown that can be pasted."""

import subprocess
from collections import Counter
from dataclasses import dataclass, field

from tests.harness import sending_laws
from tests.harness.records import Channel, House, Row
from tests.harness.terms import SETTLE_SECONDS

SHOWN_MAX = 40
LONG_SECONDS = 600
"""How long a run has to last to have goals (issue: ten minutes)."""
ACCEPTED_MIN, COMMITS_MIN = 10_000, 100
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
    visits: dict[str, int] = field(default_factory=dict)

    @property
    def all_violations(self) -> list[str]:
        """Everything that must not be, whenever it was seen."""
        return [*self.broken_while_running, *self.violations]

    @property
    def unvisited(self) -> list[str]:
        """Fault points that nobody passed."""
        return sorted(name for name, times in self.visits.items() if not times)

    @property
    def goals(self) -> list[tuple[str, bool]]:
        """Say which goals of a long run were met; a shorter one has none."""
        if self.seconds < LONG_SECONDS:
            return []
        return [
            (f"{ACCEPTED_MIN:,} accepted operations: {self.accepted:,}", self._has_accepted),
            (
                f"{COMMITS_MIN:,} lost COMMIT replies: {self.lost_commits:,}",
                self.lost_commits >= COMMITS_MIN,
            ),
            (
                f"every fault point passed: {', '.join(self.unvisited) or 'all'}",
                not self.unvisited,
            ),
        ]

    @property
    def has_met_its_goals(self) -> bool:
        """Tell whether it was as much as a long run has to be; true of a short one."""
        return all(is_met for _, is_met in self.goals)

    @property
    def _has_accepted(self) -> bool:
        return self.accepted >= ACCEPTED_MIN

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
            ("methods of tries", _methods(house.attempts)),
            (
                "tries that a payer waited for to the end, and was shown nothing",
                len(sending_laws.never_shown(house)),
            ),
            ("refunds that others decided on", sum(1 for r in house.refunds if r["approval_id"])),
            (
                "payments refused by a limit or a rule",
                sum(1 for p in house.payments if p["status"] == "rejected"),
            ),
            ("orders to channels", _by_status(house.operations)),
            ("… that came to nothing, by code", _codes(house.operations)),
            ("requests at the channels", channel.requests),
            ("… with a fault", sum(channel.faults.values())),
            ("paid at the channels", len(channel.paid)),
            ("held at the channels", len(channel.held)),
            ("taken of what was held", len(channel.captured)),
            ("given back of what was held", len(channel.freed)),
            ("refunded at the channels", len(channel.refunded)),
            ("ways elsewhere for what could not be delivered", _by_status(house.remedies)),
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
            ("instants that two schedulers brought", self.ticks),
            ("… again, by a scheduler that was late by a whole one", self.late_ticks),
            ("settle window that resends were held to", _window()),
            ("fault points passed", _passed(self.visits)),
            ("… passed least", _least(self.visits)),
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
        if self.goals:
            lines += [
                "",
                *(f"- Goal {'met' if m else 'MISSED'}: {words}" for words, m in self.goals),
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


def _methods(rows: list[Row]) -> str:
    counts = Counter(row["method"] for row in rows)
    return ", ".join(f"{number:,} {method}" for method, number in counts.most_common()) or "0"


def _window() -> str:
    return f"{SETTLE_SECONDS} s" if SETTLE_SECONDS else "none, so R5 was not asked"


def _passed(visits: dict[str, int]) -> str:
    passed = sum(1 for times in visits.values() if times)
    return f"{passed} of {len(visits)}, {sum(visits.values()):,} times"


def _least(visits: dict[str, int]) -> str:
    least = sorted(visits.items(), key=lambda item: item[1])[:5]
    return ", ".join(f"{name} {times:,}" for name, times in least)


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
