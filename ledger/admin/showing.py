"""How amounts, instants, states and references look, the same on every page of the back office."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.identifiers import is_id, new_id
from ledger.money import to_decimal_text

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"

# A state's colour says what it asks of the reader: nothing, patience, attention or alarm.
_TONES = {
    "good": {
        *("succeeded", "paid", "executed", "approved", "matched", "allow", "approve", "booked"),
    },
    "moving": {
        *("submitted", "processing", "awaiting_payment", "awaiting_payer", "exported"),
        *("paying", "pending", "sending", "authorized", "closing", "submitting"),
        *("todo", "doing"),
    },
    "attention": {
        *("unknown", "manual_review", "review", "risk_review", "conflicted", "paid_late"),
        *("on_hold", "approval_expired", "open", "challenge", "refunding_late"),
        *("pending_approval", "funding_required", "abnormal", "proposed"),
    },
    "alarm": {
        *("failed", "rejected", "deny", "returned", "pay_failed", "expired", "reject"),
        *("reversed",),
    },
}
_TONE_OF = {state: tone for tone, states in _TONES.items() for state in states}


def figure(minor: int, currency: str) -> str:
    """Write an amount without its currency: `1,234.50`, `−3.00`."""
    whole, point, fraction = to_decimal_text(abs(minor), currency).partition(".")
    sign = MINUS if minor < 0 else ""
    return f"{sign}{int(whole):,}{point}{fraction}"


def money(minor: int | None, currency: str, *, url: str = "") -> SafeString:
    """Write an amount with its currency, as a link to what explains it when there is a `url`."""
    if minor is None:
        return nothing()
    text = format_html(
        '<span class="money">{}<span class="currency">&nbsp;{}</span></span>',
        figure(minor, currency),
        currency,
    )
    return format_html('<a class="quiet" href="{}">{}</a>', url, text) if url else text


def basis_points(bps: int) -> str:
    """Write basis points as a percentage: 125 is `1.25 %`."""
    return f"{bps // 100}.{bps % 100:02d} %"


def zone_name() -> str:
    """Name the zone in which pages show times: `Asia/Shanghai`."""
    return str(settings.BUSINESS_TIME_ZONE)


def instant(at: datetime | None, *, with_zone: bool = True) -> SafeString:
    """Write an instant in BUSINESS_TIME_ZONE to the second, with the zone's name."""
    if at is None:
        return nothing()
    local = f"{at.astimezone(ZoneInfo(zone_name())):%Y-%m-%d %H:%M:%S}"
    zone = format_html(' <span class="zone">{}</span>', zone_name()) if with_zone else ""
    return format_html('<time datetime="{}">{}{}</time>', at.isoformat(), local, zone)


def minute(at: datetime | None) -> SafeString:
    """Write an instant in BUSINESS_TIME_ZONE to the minute, for lists; the page names the zone."""
    if at is None:
        return nothing()
    local = f"{at.astimezone(ZoneInfo(zone_name())):%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), local)


def clock(at: datetime) -> str:
    """Write the time of day of an instant in BUSINESS_TIME_ZONE, for the foot of a chart."""
    return f"{at.astimezone(ZoneInfo(zone_name())):%H:%M}"


def day(on: date | None) -> SafeString:
    """Write a business day."""
    if on is None:
        return nothing()
    return format_html('<time datetime="{0}">{0}</time>', on.isoformat())


def day_of(at: datetime) -> date:
    """Return the business day of an instant, in BUSINESS_TIME_ZONE."""
    return at.astimezone(ZoneInfo(zone_name())).date()


def day_starts(on: date) -> datetime:
    """Return the instant at which a day begins in BUSINESS_TIME_ZONE."""
    return datetime.combine(on, time.min, tzinfo=ZoneInfo(zone_name()))


def day_ends(on: date) -> datetime:
    """Return the instant at which the next day begins in BUSINESS_TIME_ZONE."""
    return day_starts(on + timedelta(days=1))


def badge(state: str, label: str) -> SafeString:
    """Write a state as a badge in the colour of what it asks of the reader."""
    if not state:
        return nothing()
    tone = _TONE_OF.get(state, "quiet")
    return format_html('<span class="badge" data-tone="{}">{}</span>', tone, label)


def yes_or_no(value: bool) -> SafeString:
    """Write a yes or a no that is told apart without its colour, too."""
    tone, word = ("good", _("yes")) if value else ("quiet", _("no"))
    return format_html('<span class="badge" data-tone="{}">{}</span>', tone, word)


def nothing() -> SafeString:
    """Write that there is nothing."""
    return format_html('<span class="nothing">{}</span>', NOTHING)


def code(text: str) -> SafeString:
    """Write an identifier or a number that people compare letter by letter."""
    return format_html('<span class="code">{}</span>', text) if text else nothing()


def structure(value: object) -> SafeString:
    """Write a JSON value, indented."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    return format_html('<pre class="structure">{}</pre>', text)


def link(url: str, text: str | SafeString) -> SafeString:
    """Write a link, or only its text where there is nowhere to go."""
    return format_html('<a href="{}">{}</a>', url, text) if url else format_html("{}", text)


def row_url(row: Model) -> str:
    """Return the address of a row's page, or nothing if it has none."""
    return page_url(type(row), row.pk)


def row_link(row: Model | None) -> SafeString:
    """Write a row's name as a link to its page."""
    return nothing() if row is None else link(row_url(row), str(row))


def subject_url(subject: str) -> str:
    """Return the address of what a prefixed id (`pay_…`) names, or nothing if it has no page."""
    model = subject_model(subject)
    return page_url(model, subject) if model is not None else ""


def subject_model(subject: str) -> type[Model] | None:
    """Return the model of the row that a prefixed id names, or None if it is none of ours."""
    prefix = subject.partition("_")[0]
    return _model_by_prefix().get(prefix) if is_id(prefix, subject) else None


def subject_link(subject: str) -> SafeString:
    """Write a prefixed id as a link to what it names."""
    return link(subject_url(subject), code(subject)) if subject else nothing()


def names_of_subjects(subjects: Iterable[str]) -> dict[str, str]:
    """Return what people call the things that these ids name: one query per kind of thing."""
    wanted: dict[type[Model], set[str]] = defaultdict(set)
    for subject in subjects:
        model = _model_by_prefix().get(subject.partition("_")[0])
        if model is not None:
            wanted[model].add(subject)
    return {
        str(row.pk): str(row)
        for model, keys in wanted.items()
        for row in model._default_manager.filter(pk__in=keys)
    }


def prefix_of(model: type[Model]) -> str:
    """Return what a model's ids begin with (`pay`), or nothing if they are plain numbers."""
    default = model._meta.pk.default
    is_prefixed = isinstance(default, partial) and default.func is new_id
    return str(default.args[0]) if is_prefixed else ""


def list_url(model: type[Model], query: str = "") -> str:
    """Return the address of a model's list, narrowed by a query string."""
    return f"{reverse(f'admin:{_name(model)}_changelist')}{'?' if query else ''}{query}"


def page_url(model: type[Model], key: object) -> str:
    """Return the address of the page of a model's row by its key, or nothing if it has none."""
    try:
        return reverse(f"admin:{_name(model)}_change", args=[key])
    except NoReverseMatch:
        return ""


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


@cache
def _model_by_prefix() -> dict[str, type[Model]]:
    """Return every model with a page by the prefix of its ids; the models say it themselves."""
    found = {}
    for model in admin.site._registry:  # noqa: SLF001  Django offers no public way to the list
        prefix = prefix_of(model)
        if prefix:
            found[prefix] = model
    return found
