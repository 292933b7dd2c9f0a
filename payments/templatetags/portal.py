"""How the portal writes money, days and instants: one way, on every page."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger.money import to_decimal_text

MINUS = "\N{MINUS SIGN}"

register = template.Library()


@register.simple_tag
def figure(minor: int, currency: str) -> str:
    """Write an amount without its currency, for columns that name it: `1,234.50`, `−3.00`."""
    whole, point, fraction = to_decimal_text(abs(minor), currency).partition(".")
    sign = MINUS if minor < 0 else ""
    return f"{sign}{int(whole):,}{point}{fraction}"


@register.simple_tag
def amount(minor: int, currency: str) -> SafeString:
    """Write an amount with its currency, which never breaks away from it."""
    return format_html(
        '<span class="amount">{}<span class="currency">&nbsp;{}</span></span>',
        figure(minor, currency),
        currency,
    )


@register.filter
def negated(minor: int) -> int:
    """Turn an amount round, for what is taken off a sum."""
    return -minor


@register.filter
def moment(at: datetime) -> SafeString:
    """Write an instant in BUSINESS_TIME_ZONE, to the minute; the page names the zone."""
    local = f"{at.astimezone(_zone()):%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), local)


@register.filter
def day(on: date) -> SafeString:
    """Write a business day."""
    return format_html('<time datetime="{0}">{0}</time>', on.isoformat())


@register.simple_tag
def business_zone() -> str:
    """Name the zone of every day and time on the page: `Asia/Shanghai`."""
    return str(settings.BUSINESS_TIME_ZONE)


@register.simple_tag(takes_context=True)
def current(context: template.Context, *names: str) -> SafeString | str:
    """Mark a link of the navigation as the page that is shown."""
    request: HttpRequest | None = context.get("request")
    match = request.resolver_match if request else None
    if match is None or match.url_name not in names:
        return ""
    return format_html(' aria-current="{}"', "page")


def _zone() -> ZoneInfo:
    return ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
