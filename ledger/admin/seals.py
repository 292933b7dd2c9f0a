"""Seals: what is in a block, whether it stands, and where it hangs in the chain."""

from collections.abc import Sequence

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import merkle, sealing
from ledger.admin import journal, showing  # noqa: F401  entries have a page before it grows
from ledger.admin.append_only import ReadOnlyAdmin, contribute_to
from ledger.admin.base import BusinessDayRange
from ledger.admin.panels import Column, Fact, Facts, Notice, Panel, Table
from ledger.leaves import STREAMS
from ledger.models import AuditEntry, ConfigurationChange, JournalEntry, Seal
from ledger.models.seals import STREAM_NAMES
from ledger.queries import inclusion
from ledger.queries.laws_of_seals import broken_rows

SHOWN_MEMBERS = 100
_PAGES = {"entries": JournalEntry, "audit": AuditEntry, "configuration": ConfigurationChange}
"""Whose rows have pages of their own."""


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin[Seal]):
    """Every block of the chain, newest first."""

    has_story = False
    ordering = ("-number",)
    list_display = ("number", "stream_name", "count", "first_id", "last_id", "sealed_at", "key_id")
    list_filter = ("stream", ("sealed_at", BusinessDayRange))
    unread_fields = ("ids", "leaves")
    empty_hint = gettext_lazy("Every minute, what was written is put into blocks.")

    @admin.display(description=gettext_lazy("stream"))
    def stream_name(self, seal: Seal) -> str:
        """Say in words what the rows of a block are."""
        return str(STREAM_NAMES.get(seal.stream, seal.stream))

    def panels(self, request: HttpRequest, row: Seal) -> Sequence[Panel]:
        """Show the block, whether it stands, and its first members."""
        whole = Seal.objects.get(pk=row.pk)
        return [_verdict(whole), _facts(whole), _members(whole)]


def _verdict(seal: Seal) -> Notice:
    """Prove the block now: its hash, the block before it, its root, and each of its rows."""
    before = Seal.objects.filter(number=seal.number - 1).values_list("hmac", flat=True).first()
    previous = sealing.FIRST_PREVIOUS if seal.number == 1 else bytes(before or b"")
    if sealing.hmac_of(seal.header) != bytes(seal.hmac):
        return Notice(_("This block does not bear the hash of its key."), tone="alarm")
    if previous != bytes(seal.previous_hmac):
        return Notice(_("This block does not follow the one before it."), tone="alarm")
    with transaction.atomic():
        broken = next(broken_rows(seal), None)
    if broken is not None:
        return Notice(
            _("%(subject)s does not say what it said when it was sealed: %(found)s.")
            % {"subject": broken.subject, "found": broken.found},
            tone="alarm",
        )
    return Notice(
        _("Proved just now: the block follows the one before it, and its rows say what they said."),
        tone="good",
    )


def _facts(seal: Seal) -> Facts:
    return Facts(
        _("seal"),
        [
            Fact(_("number"), showing.code(str(seal.number))),
            Fact(_("stream"), STREAM_NAMES.get(seal.stream, seal.stream)),
            Fact(_("rows"), seal.count),
            Fact(_("sealed at"), showing.instant(seal.sealed_at)),
            *(
                Fact(
                    _("debits, %(currency)s") % {"currency": currency},
                    showing.money(sides["debits"], currency),
                )
                for currency, sides in sorted(seal.totals.items())
            ),
            Fact(_("Merkle root"), showing.code(bytes(seal.root).hex()), is_wide=True),
            Fact(
                _("hash of the block before"),
                showing.code(bytes(seal.previous_hmac).hex()),
                is_wide=True,
            ),
            Fact(_("keyed hash"), showing.code(bytes(seal.hmac).hex()), is_wide=True),
            Fact(_("seal key"), showing.code(seal.key_id)),
            Fact(_("database cluster"), showing.code(str(seal.cluster))),
            Fact(_("complete below transaction"), showing.code(str(seal.floor))),
        ],
    )


def _members(seal: Seal) -> Table:
    leaves = merkle.split(bytes(seal.leaves))[:SHOWN_MEMBERS]
    model = _PAGES.get(seal.stream)
    return Table(
        _("members"),
        [Column(_("row")), Column(_("leaf"))],
        [
            [
                showing.link(
                    showing.row_url(model(pk=row_id)) if model else "", showing.code(str(row_id))
                ),
                showing.code(leaf.hex()),
            ]
            for row_id, leaf in zip(seal.ids, leaves, strict=False)
        ],
        empty=_("A block without members cannot exist."),
        note=_("The first %(shown)d of %(count)d.") % {"shown": len(leaves), "count": seal.count},
    )


def seal_of_entry(request: HttpRequest, entry: JournalEntry) -> Sequence[Panel]:
    """Say in which block an entry is sealed, to those who may see seals."""
    if not request.user.has_perm("ledger.view_seal"):
        return []
    seal = inclusion.seal_of(STREAMS["entries"], entry.pk)
    if seal is None:
        return [Notice(_("Not sealed yet; that takes about a minute."), tone="moving")]
    return [
        Facts(
            _("seal"),
            [
                Fact(_("block"), showing.row_link(seal)),
                Fact(_("sealed at"), showing.instant(seal.sealed_at)),
            ],
        )
    ]


contribute_to(JournalEntry, seal_of_entry)
