"""Curves as plain SVG, drawn here, so that no page needs a script for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, HEAD, FOOT = 900, 150, 6, 22
LABELS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """What stood at the end of a day, in minor units, and what it says when pointed at."""

    date: date
    minor: int
    text: str


def balance_by_day(points: Sequence[Point], *, first: date, last: date, title: str) -> SafeString:
    """Draw a balance that stays as it is until the next point, over the days of a range.

    The line of zero is drawn where it lies, so that a balance below it is seen.
    """
    days = max((last - first).days + 1, 1)
    highest = max([0, *(point.minor for point in points)])
    lowest = min([0, *(point.minor for point in points)])
    if highest == lowest:
        highest = 1  # all of it is zero: the line lies on the ground
    span = highest - lowest

    def across(day: date) -> int:
        return ((day - first).days * WIDTH) // days

    def down(minor: int) -> int:
        return HEAD + (highest - minor) * (HEIGHT - HEAD) // span

    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"></line>'
        '<path class="under" d="{}"></path><path class="curve" d="{}"></path>{}{}</svg>',
        WIDTH,
        HEIGHT + FOOT,
        title,
        WIDTH,
        down(0),
        down(0),
        _steps([(across(point.date), down(point.minor)) for point in points], close_at=down(0)),
        _steps([(across(point.date), down(point.minor)) for point in points]),
        _marks([(across(point.date), down(point.minor), point.text) for point in points], days),
        _labels(first, days),
    )


def _steps(corners: Sequence[tuple[int, int]], *, close_at: int | None = None) -> str:
    """Return a path of steps; closed down to a line it is the ground under the curve."""
    if not corners:
        return ""
    x, y = corners[0]
    path = f"M{x} {y}" if close_at is None else f"M{x} {close_at}V{y}"
    for x, y in corners[1:]:
        path += f"H{x}V{y}"
    path += f"H{WIDTH}"
    return path if close_at is None else f"{path}V{close_at}Z"


def _marks(corners: Sequence[tuple[int, int, str]], days: int) -> SafeString:
    """Draw what can be pointed at: one stripe per day on which something moved."""
    broad = max(WIDTH // days, 4)
    return format_html_join(
        "",
        '<rect class="day" x="{}" y="0" width="{}" height="{}"><title>{}</title></rect>',
        ((x, broad, HEIGHT, text) for x, _y, text in corners),
    )


def _labels(first: date, days: int) -> SafeString:
    step = max(days // LABELS, 1)
    places = range(0, days, step)
    return format_html_join(
        "",
        '<text x="{}" y="{}">{}</text>',
        (
            (
                place * WIDTH // days,
                HEIGHT + FOOT - 4,
                f"{date.fromordinal(first.toordinal() + place):%m-%d}",
            )
            for place in places
        ),
    )
