"""What a row of the benchmarks came to: a table for people, JSON for machines, a verdict."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """A ratio that was measured, and what it should be."""

    what: str
    measured: float
    wanted: float
    is_floor: bool = True
    """At least what is wanted; else at most."""

    @property
    def is_met(self) -> bool:
        """Tell whether the measured ratio is on the right side."""
        if self.is_floor:
            return self.measured >= self.wanted
        return self.measured <= self.wanted

    def __str__(self) -> str:
        sign = "≥" if self.is_floor else "≤"
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.what}: {self.measured:.2f} ({sign} {self.wanted:.2f}) {verdict}"


@dataclass(frozen=True)
class Row:
    """One row: its figures by line and column, its targets, and what else there is to say."""

    name: str
    title: str
    columns: tuple[str, ...]
    figures: dict[str, tuple[str, ...]]
    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        """Tell whether every target is met."""
        return all(target.is_met for target in self.targets)

    def __str__(self) -> str:
        table = [("", *self.columns), *((name, *cells) for name, cells in self.figures.items())]
        widths = [max(len(line[place]) for line in table) for place in range(len(table[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in table
        ]
        return "\n".join(
            [f"{self.name}  {self.title}", "", *lines, "", *map(str, self.targets), *self.notes]
        )

    def write(self, folder: Path) -> None:
        """Keep the row as `<name>.txt` and `<name>.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.txt").write_text(f"{self}\n")
        content = {**asdict(self), "is_met": self.is_met}
        (folder / f"{self.name}.json").write_text(json.dumps(content, indent=2))
