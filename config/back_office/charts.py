"""Charts as plain SVG, drawn here, so that no page needs a script for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, FOOT = 900, 150, 22
LABEL_EVERY = 7
"""Days from one label to the next, counted back from the last day."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart: its height in minor units, and what it says when pointed at."""

    date: date
    minor: int
    text: str


def bars_by_day(bars: Sequence[Bar], *, title: str) -> SafeString:
    """Draw one bar per day; the highest fills the height, nothing is drawn below zero."""
    highest = max((bar.minor for bar in bars), default=0)
    step = WIDTH // max(len(bars), 1)
    drawn = format_html_join(
        "",
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>',
        (
            (place * step + 3, HEIGHT - tall, step - 6, tall, bar.text)
            for place, bar in enumerate(bars)
            for tall in [_tall(bar.minor, highest)]
        ),
    )
    labels = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (place * step + step // 2, HEIGHT + FOOT - 4, f"{bar.date:%m-%d}")
            for place, bar in enumerate(bars)
            if (len(bars) - 1 - place) % LABEL_EVERY == 0
        ),
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"></line>{}{}</svg>',
        WIDTH,
        HEIGHT + FOOT,
        title,
        WIDTH,
        HEIGHT,
        HEIGHT,
        drawn,
        labels,
    )


def _tall(minor: int, highest: int) -> int:
    """Give a bar's height; what is not nothing is seen, however small."""
    if minor <= 0 or highest <= 0:
        return 0
    return max(minor * (HEIGHT - 4) // highest, 2)
