"""What the panel of four eyes shows: the amount in figures and words, who agreed, to what."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.actions.approvals import digest_of
from ledger.admin import people, showing, values
from ledger.admin.panels import Cell, Column, Fact, Facts, Panel, Table
from ledger.amount_words import in_words
from ledger.models import ApprovalDecision, ApprovalRequest
from ledger.queries.approvals import standing_of

Words = str | Promise
CellOf = Callable[[str, object], Cell | None]

LANGUAGES = ("zh-hans", "en")
"""Amounts are written in words of both: a slip in one is seen in the other."""


def who_agrees(row: ApprovalRequest) -> Facts:
    """Show the amount, who asked, how many must agree and how many have."""
    standing = standing_of(row)
    names = people.names_of([row.maker])
    counted = _("%(given)s of %(required)s") % {
        "given": standing.approvals,
        "required": standing.required,
    }
    facts = [
        *amount_facts(row.amount_minor, row.currency),
        Fact(_("asked by"), people.actor_link(row.maker, names=names)),
        Fact(_("asked at"), showing.instant(row.created_at)),
        Fact(_("expires at"), showing.instant(row.expires_at)),
        Fact(_("people who have approved"), counted),
    ]
    if row.needs_head:
        head = _("has approved") if standing.has_head else _("must approve, and has not yet")
        facts.append(Fact(_("finance head"), head))
    facts.append(Fact(_("request"), showing.row_link(row)))
    return Facts(_("who agrees"), facts)


def amount_facts(amount_minor: int | None, currency: str) -> list[Fact]:
    """Write an amount in figures and in words, or nothing if no money moves."""
    if amount_minor is None:
        return []
    figures = SafeString(f'<span class="house-sum">{showing.money(amount_minor, currency)}</span>')
    return [
        Fact(_("amount"), figures),
        *(
            Fact(_("in words"), in_words(amount_minor, currency, language=language))
            for language in LANGUAGES
        ),
    ]


def agreed_to(
    payload: Mapping[str, Any],
    *,
    words: Mapping[str, Words],
    currency: str = "",
    cell: CellOf | None = None,
) -> Facts:
    """Show exactly what the digest covers, and the digest.

    `words` are the names of the keys; `cell` writes a value in the noun's own way, or returns None.
    """
    currency = currency or str(payload.get("currency", ""))
    facts = [
        _agreed(name, value, words=words, currency=currency, cell=cell)
        for name, value in payload.items()
    ]
    digest = Fact(_("digest"), showing.code(digest_of(payload).hex()), is_wide=True)
    note = _("The digest is made of exactly these values; when one changes, it is another one.")
    return Facts(_("what is agreed to"), [*facts, digest], note=note)


def changes(
    row: ApprovalRequest, payload: Mapping[str, Any], *, words: Mapping[str, Words]
) -> list[Panel]:
    """Show what is another value by now than when it was asked for; nothing if all is the same."""
    if bytes(row.digest) == digest_of(payload):
        return []
    names = [*row.payload, *(name for name in payload if name not in row.payload)]
    changed = [name for name in names if row.payload.get(name) != payload.get(name)]
    currency = row.currency or str(row.payload.get("currency", ""))
    return [
        Table(
            _("what has changed since it was asked for"),
            [Column(_("what")), Column(_("asked for")), Column(_("now"))],
            [
                [
                    words.get(name, name),
                    _value(name, row.payload.get(name), currency=currency),
                    _value(name, payload.get(name), currency=currency),
                ]
                for name in changed
            ],
            empty=_("Nothing."),
            note=_("It cannot be approved any more: the request ends, and may be asked anew."),
        )
    ]


def decisions_table(decisions: Sequence[ApprovalDecision]) -> Table:
    """Show what each person said of a request."""
    values.name_people(decisions)
    names = ("approver", "decision", "as_head", "at", "second_factor", "client_ip", "reason")
    known = {field.name: field for field in ApprovalDecision._meta.concrete_fields}
    fields = [known[name] for name in names]
    return Table(
        _("decisions"),
        [Column(values.title_of(field)) for field in fields],
        [
            [
                showing.instant(row.at, with_zone=False)
                if field.name == "at"
                else values.shown(row, field)
                for field in fields
            ]
            for row in decisions
        ],
        empty=_("Nobody has decided yet. The person who asked cannot."),
    )


def _agreed(
    name: str, value: object, *, words: Mapping[str, Words], currency: str, cell: CellOf | None
) -> Fact:
    own = cell(name, value) if cell is not None else None
    shown = _value(name, value, currency=currency) if own is None else own
    return Fact(words.get(name, name), shown, is_wide=isinstance(value, list | dict))


def _value(name: str, value: object, *, currency: str) -> Cell:
    if value is None or value == "":
        return showing.nothing()
    if isinstance(value, bool):
        return showing.yes_or_no(value)
    if name.endswith("_minor") and isinstance(value, int) and currency:
        return showing.money(value, currency)
    if name.endswith("_bps") and isinstance(value, int):
        return showing.basis_points(value)
    if isinstance(value, list | dict):
        return showing.structure(value)
    if isinstance(value, str):
        url = showing.subject_url(value)
        return showing.link(url, showing.code(value)) if url else value
    return str(value)
