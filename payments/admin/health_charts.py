"""How a channel answered in the last hour, drawn as plain SVG, with the same in words beside."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Drawing, Panel, Table
from payments.models import ChannelAccount
from payments.queries.channel_health import HOUR, Health, Slot, health_of, slots_of

WIDTH, HEIGHT, FOOT, GAP = 900, 90, 22, 6
LABEL_EVERY = 3
"""Slots from one label to the next, counted back from now."""
SMALL = 60
"""How wide the bar in a list is; its parts are hundredths of it and never nothing."""


def hour_panels(row: ChannelAccount) -> Sequence[Panel]:
    """Show the last hour of an account in slots of five minutes, or say what will stand there."""
    health = health_of([row.pk], within=HOUR)[row.pk]
    title = _("the last hour")
    if not health.calls:
        empty = _(
            "Nobody spoke to this channel in the last hour. Each order and each question draws"
            " a part of a bar here: how many had an answer, and how long it took."
        )
        return [Table(title, [], [], empty=empty)]
    slots = slots_of(row.pk)
    return [Drawing(title, format_html("{}{}", _shares(slots), _speeds(slots)), in_words(health))]


def in_words(health: Health) -> str:
    """Say what the chart of an hour shows."""
    words = _("Of %(calls)d exchanges %(answered)d had an answer: %(share)s.") % {
        "calls": health.calls,
        "answered": health.calls - health.troubles,
        "share": share_of(health),
    }
    if health.median_ms is None:
        return words
    fast = _("Half of the answers came within %(median)s ms, 95 of 100 within %(p95)s ms.")
    return f"{words} {fast % {'median': f'{health.median_ms:,}', 'p95': f'{health.p95_ms:,}'}}"


def share_of(health: Health) -> str:
    """Write which share of exchanges had an answer; only all of them are 100 %."""
    permille = (health.calls - health.troubles) * 1_000 // health.calls
    return f"{permille // 10}.{permille % 10} %"


def in_a_list(health: Health | None) -> SafeString:
    """Write an hour in a cell: a bar, its share, and how long 95 of 100 answers took."""
    if health is None or not health.calls:
        return format_html('<span class="nothing">{}</span>', _("no calls"))
    good = (health.calls - health.troubles) * SMALL // health.calls
    speed = "" if health.p95_ms is None else f" · {health.p95_ms:,} ms"
    return format_html(
        '<span class="house-share"><svg viewBox="0 0 {0} 8" aria-hidden="true">'
        '<rect class="bar trouble" width="{0}" height="8" rx="2"></rect>'
        '<rect class="bar answered" width="{1}" height="8" rx="2"></rect></svg>'
        "<span>{2}{3}</span></span>",
        SMALL,
        good,
        share_of(health),
        speed,
    )


def _shares(slots: Sequence[Slot]) -> SafeString:
    """Draw which share of each slot's exchanges had an answer, and above it what had none."""
    bars: list[tuple[str, int, int, int, str]] = []
    for place, slot in enumerate(slots):
        if not slot.calls:
            continue
        good = slot.answered * HEIGHT // slot.calls
        text = _("%(time)s: %(answered)d of %(calls)d had an answer") % {
            "time": _clock(slot),
            "answered": slot.answered,
            "calls": slot.calls,
        }
        bars.append(("trouble", place, 0, HEIGHT - good, text))
        bars.append(("answered", place, HEIGHT - good, good, text))
    return _chart(slots, bars, title=_("Share of exchanges that had an answer, by five minutes"))


def _speeds(slots: Sequence[Slot]) -> SafeString:
    """Draw how long half of each slot's answers took; the slowest fills the height."""
    slowest = max((slot.median_ms or 0 for slot in slots), default=0)
    bars = []
    for place, slot in enumerate(slots):
        if slot.median_ms is None:
            continue
        tall = max(slot.median_ms * HEIGHT // max(slowest, 1), 2)
        text = _("%(time)s: half within %(median)s ms") % {
            "time": _clock(slot),
            "median": f"{slot.median_ms:,}",
        }
        bars.append(("speed", place, HEIGHT - tall, tall, text))
    return _chart(slots, bars, title=_("Milliseconds within which half of the answers came"))


def _chart(
    slots: Sequence[Slot], bars: Sequence[tuple[str, int, int, int, str]], *, title: str
) -> SafeString:
    step = WIDTH // max(len(slots), 1)
    drawn = format_html_join(
        "",
        '<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (kind, place * step + GAP // 2, top, step - GAP, tall, text)
            for kind, place, top, tall, text in bars
            if tall
        ),
    )
    labels = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (place * step + step // 2, HEIGHT + FOOT - 4, _clock(slot))
            for place, slot in enumerate(slots)
            if (len(slots) - 1 - place) % LABEL_EVERY == 0
        ),
    )
    return format_html(
        '<h3>{}</h3><svg viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"></line>{}{}</svg>',
        title,
        WIDTH,
        HEIGHT + FOOT,
        title,
        WIDTH,
        HEIGHT,
        HEIGHT,
        drawn,
        labels,
    )


def _clock(slot: Slot) -> str:
    """Write when a slot began, in BUSINESS_TIME_ZONE."""
    return showing.clock(slot.began_at)
