"""Keys that were entered for channel accounts: who asked, who agreed, which they are, until when.

No secret is ever shown; what may be is what `ChannelKeySet.facts` says of it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import people, showing, values
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.approval_facts import decisions_table
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from ledger.models import ApprovalDecision
from ledger.models.approvals import ApprovalDecisionChoice
from payments.models import ChannelKeySet

FINGERPRINT_SHOWN = 16
_WHOSE = {
    "private_key": gettext_lazy("our key"),
    "channel_public_key": gettext_lazy("channel's key"),
    "api_key": gettext_lazy("APIv3 key"),
}


@admin.register(ChannelKeySet)
class ChannelKeySetAdmin(ReadOnlyAdmin[ChannelKeySet]):
    """What was entered for an account, and after the agreement, what it replaced."""

    list_display = (
        "id",
        "channel_account",
        "status",
        "fingerprints",
        "entered_by",
        "agreed_by",
        "retires_at",
    )
    list_filter = ("status", "channel_account")
    search_fields = ("id__exact", "channel_account__id__exact", "channel_account__name__icontains")
    search_help_text = gettext_lazy("cks_…, chn_… or the account's name")
    secret_fields = ("private_key_encrypted", "api_key_encrypted", "channel_public_key")
    has_story = False
    empty_hint = gettext_lazy(
        "Keys are entered on the page of a channel account, and another person agrees to them."
        " Every account still has those that it was registered with."
    )

    def dress(self, rows: Sequence[ChannelKeySet]) -> None:
        """Find out who agreed, and the names of all, in two queries."""
        super().dress(rows)
        agreed: dict[str, list[str]] = defaultdict(list)
        decisions = ApprovalDecision.objects.filter(
            request__in=[row.approval_id for row in rows], decision=ApprovalDecisionChoice.APPROVE
        )
        for decision in decisions:
            agreed[decision.request_id].append(decision.approver)
        names = people.names_of([actor for actors in agreed.values() for actor in actors])
        for row in rows:
            row.agreed = format_html_join(  # type: ignore[attr-defined]
                ", ",
                "{}",
                ((people.actor_link(actor, names=names),) for actor in agreed[row.approval_id]),
            )

    @admin.display(description=gettext_lazy("fingerprints"))
    def fingerprints(self, row: ChannelKeySet) -> SafeString:
        """Write which keys were entered, by their fingerprints."""
        found = format_html_join(
            SafeString("<br>"),
            "{} {}",
            (
                (whose, showing.code(str(key["fingerprint"])[:FINGERPRINT_SHOWN]))
                for whose, key in _keys_of(row.facts)
            ),
        )
        return found or showing.nothing()

    @admin.display(description=gettext_lazy("agreed by"))
    def agreed_by(self, row: ChannelKeySet) -> SafeString:
        """Write who agreed, or nothing."""
        agreed: SafeString = getattr(row, "agreed", SafeString(""))
        return agreed or showing.nothing()

    def panels(self, request: HttpRequest, row: ChannelKeySet) -> Sequence[Panel]:
        """Show what is known of it, its keys by fingerprint, and who decided."""
        decisions = ApprovalDecision.objects.filter(request=row.approval_id).order_by("id")
        return [_summary(row), _keys_table(row), decisions_table(list(decisions))]


def _summary(row: ChannelKeySet) -> Facts:
    entered_by = values.shown(row, ChannelKeySet._meta.get_field("entered_by"))
    return Facts(
        _("key set"),
        [
            Fact(_("channel account"), showing.row_link(row.channel_account)),
            Fact(_("status"), showing.badge(row.status, row.get_status_display())),
            Fact(_("entered by"), entered_by),
            Fact(_("entered at"), showing.instant(row.entered_at)),
            Fact(_("verifies until"), showing.instant(row.retires_at)),
            Fact(_("approval"), showing.row_link(row.approval)),
            Fact(_("our key's serial"), showing.code(row.key_serial)),
            Fact(_("channel's key id"), showing.code(row.channel_key_id)),
            Fact(_("root certificates' serials"), showing.code(row.root_cert_serial)),
            Fact(_("gateway"), row.gateway_url or showing.nothing()),
            Fact(
                _("keeps a sealed private key"), showing.yes_or_no(bool(row.private_key_encrypted))
            ),
            Fact(_("keeps a sealed APIv3 key"), showing.yes_or_no(bool(row.api_key_encrypted))),
            Fact(_("id"), showing.code(row.pk)),
        ],
        note=_(
            "Once it was agreed to, serials and gateway are those that it replaced. Fingerprints"
            " stay those that were entered."
        ),
    )


def _keys_table(row: ChannelKeySet) -> Table:
    return Table(
        _("keys that were entered"),
        [
            Column(_("whose key")),
            Column(_("bits"), is_amount=True),
            Column(_("fingerprint")),
            Column(_("serial")),
            Column(_("certificate valid until")),
        ],
        [
            [
                whose,
                key.get("bits", showing.nothing()),
                showing.code(str(key["fingerprint"])),
                showing.code(str(key.get("serial", ""))),
                str(key.get("valid_until", ""))[:10] or showing.nothing(),
            ]
            for whose, key in _keys_of(row.facts)
        ],
        empty=_("No key was entered with it: only what stands above."),
        note=_("Compare them with the channel's own pages. No secret is shown anywhere."),
    )


def _keys_of(facts: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each key that was entered, under whose it is; an APIv3 key has a print alone."""
    for name, whose in _WHOSE.items():
        known = facts.get(name, [])
        for key in [{"fingerprint": known}] if isinstance(known, str) else known:
            yield str(whose), key
