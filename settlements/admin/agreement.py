"""What two people agree to: shown on the page, digested, and sent back with the button."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions.approvals import digest_of
from ledger.admin import showing
from ledger.admin.panels import Fact, Facts
from settlements.actions import settlements
from settlements.models import Settlement

DIGEST = "shown_digest"
"""The name under which a page sends the digest of what it showed."""

_PAYLOAD_NAMES = {
    "settlement": gettext_lazy("settlement"),
    "merchant": gettext_lazy("merchant"),
    "currency": gettext_lazy("currency"),
    "net_minor": gettext_lazy("net"),
    "item_count": gettext_lazy("lines"),
    "items_net_minor": gettext_lazy("sum of the lines"),
    "business_date": gettext_lazy("business day"),
    "destination": gettext_lazy("destination"),
    "destination_version": gettext_lazy("version of the destination"),
    "destination_is_active": gettext_lazy("the destination is active"),
    "fee_plan": gettext_lazy("fee plan"),
    "fee_plan_version": gettext_lazy("version of the fee plan"),
}


def digest_shown(row: Settlement) -> bytes:
    """Return the digest of what the page shows."""
    return digest_of(payload_shown(row))


def payload_shown(row: Settlement) -> dict[str, Any]:
    """Return what is agreed to, read once per row, so that page and digest are of one reading."""
    known: dict[str, Any] | None = getattr(row, "payload_shown", None)
    if known is None:
        known = settlements.settlement_payload(row)
        row.payload_shown = known  # type: ignore[attr-defined]
    return known


def agreed_to(row: Settlement) -> Facts:
    """Show exactly what the digest covers, and the digest."""
    payload = payload_shown(row)
    facts = [
        *(_agreed(name, value, currency=row.currency) for name, value in payload.items()),
        Fact(_("digest"), showing.code(digest_of(payload).hex()), is_wide=True),
    ]
    note = _("The digest is made of exactly these values; when one changes, it is another one.")
    return Facts(_("what is agreed to"), facts, note=note)


def digest_sent(text: str) -> bytes:
    """Return the digest that a page sent back; nonsense is the digest of nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _agreed(name: str, value: object, *, currency: str) -> Fact:
    title = _PAYLOAD_NAMES.get(name, name)
    if name.endswith("_minor") and isinstance(value, int):
        return Fact(title, showing.money(value, currency))
    if isinstance(value, bool):
        return Fact(title, showing.yes_or_no(value))
    return Fact(title, showing.subject_link(value) if isinstance(value, str) else str(value))
