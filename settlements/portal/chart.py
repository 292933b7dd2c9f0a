"""The bars of a merchant's days, as numbers that a template draws as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from payments.queries.turnover import DayTurnover

STEP = 20
BAR = 14
HEIGHT = 140


@dataclass(frozen=True, slots=True)
class Bar:
    """One day in the picture's own units, with the day that it stands for."""

    x: int
    slot_x: int
    y: int
    height: int
    day: DayTurnover


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right; `top_minor` is what a bar of full height stands for."""

    bars: list[Bar]
    width: int
    height: int
    top_minor: int
    total_minor: int
    payment_count: int


def turnover_chart(days: Sequence[DayTurnover]) -> Chart:
    """Return the bars of some days, the highest as high as the picture.

    A day with money is never lower than two units, so that it can be seen at all.
    """
    top_minor = max((day.gross_minor for day in days), default=0)
    return Chart(
        bars=[_bar(place, day, top_minor) for place, day in enumerate(days)],
        width=STEP * len(days),
        height=HEIGHT,
        top_minor=top_minor,
        total_minor=sum(day.gross_minor for day in days),
        payment_count=sum(day.payment_count for day in days),
    )


def _bar(place: int, day: DayTurnover, top_minor: int) -> Bar:
    height = 0
    if day.gross_minor > 0:
        height = max(2, HEIGHT * day.gross_minor // top_minor)
    slot_x = place * STEP
    return Bar(
        x=slot_x + (STEP - BAR) // 2, slot_x=slot_x, y=HEIGHT - height, height=height, day=day
    )
