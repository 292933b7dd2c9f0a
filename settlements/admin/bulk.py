"""Submitting and approving up to fifty settlements at once, each for itself."""

from collections import Counter
from collections.abc import Sequence

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ledger.actions.approvals import digest_of
from ledger.admin import showing
from ledger.admin.approval_panel import digest_sent, still_to_come
from ledger.admin.asking import Asking, DoorRequest, explained, note_refusal
from ledger.admin.journal import entry_url
from ledger.admin.operations import Operation, Words
from ledger.admin.panels import Column, Notice, Panel, Table
from ledger.errors import DomainError
from settlements.actions import settlements
from settlements.admin import panels
from settlements.models import Settlement
from settlements.queries.settlements import payloads_of
from settlements.states import SETTLEMENT, SettlementStatus

AT_ONCE_MAX = 50


class _Selected(Operation[None]):
    """One deed for every ticked settlement; each has its own transaction and its own result."""

    is_button = False
    status: SettlementStatus

    def panels(self, request: HttpRequest, row: None) -> Sequence[Panel]:
        """Show the ticked settlements and their totals by currency."""
        rows = _ticked(request)
        return [
            _selection([row for row in rows if self.takes(row)]),
            *_passed_over(rows, may_be=self.status),
            *_one_by_one([row for row in rows if not self.takes(row)], may_be=self.status),
        ]

    def hindrance(self, request: HttpRequest, row: None) -> Words:
        """Say that there is nothing to do, where there is nothing."""
        if any(self.takes(each) for each in _ticked(request)):
            return ""
        return _("None of these settlements can be taken on now.")

    def perform(
        self, request: DoorRequest, row: None, form: forms.Form, asking: Asking
    ) -> Sequence[Panel]:
        """Do it one by one, and say of each what became of it."""
        results: list[tuple[Settlement, SafeString, str]] = []
        for each in _ticked(request):
            if not self.takes(each):
                continue
            try:
                said = self.do_one(each, request, asking)
            except DomainError as error:
                note_refusal(error.code, deed=self.deed, subject=each.pk, asking=asking)
                results.append((each, showing.badge("failed", _("refused")), explained(error)))
            else:
                result = (
                    showing.badge("processing", _("waits"))
                    if said
                    else showing.badge("succeeded", _("done"))
                )
                results.append((each, result, said))
        return [_results(results)]

    def takes(self, each: Settlement) -> bool:
        """Tell whether one may be taken on together with others."""
        return SETTLEMENT.allows(each.status, self.status)

    def do_one(self, each: Settlement, request: DoorRequest, asking: Asking) -> str:
        """Call the one action for one settlement; return what is still to come, if anything is."""
        raise NotImplementedError


class SubmitSelected(_Selected):
    """Submit the ticked drafts."""

    name = "submit-selected"
    label = gettext_lazy("Submit these settlements")
    explanation = gettext_lazy(
        "Each is submitted for itself; another person has to approve them. No money moves."
    )
    permission = "settlements.submit_settlement"
    deed = "settlement.submit"
    variant = "primary"
    status = SettlementStatus.SUBMITTED

    def do_one(self, each: Settlement, request: DoorRequest, asking: Asking) -> str:
        """Submit one."""
        settlements.submit_settlement(
            each.pk,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return ""


class ApproveSelected(_Selected):
    """Approve the ticked settlements."""

    name = "approve-selected"
    label = gettext_lazy("Approve these settlements")
    explanation = gettext_lazy(
        "You agree that exactly these amounts are paid to these accounts. Each is approved for"
        " itself: one that is refused does not hold up the others."
    )
    permission = "settlements.approve_settlement"
    deed = "settlement.approve"
    variant = "primary"
    asks_second_factor = True
    status = SettlementStatus.APPROVED

    def takes(self, each: Settlement) -> bool:
        """Leave those of the largest tier out: their amount is typed, on a page of their own."""
        request = each.approval
        return super().takes(each) and not (request is not None and request.needs_head)

    def hidden(self, request: HttpRequest, row: None) -> Sequence[tuple[str, str]]:
        """Send back, for each settlement, the digest of what the page shows."""
        payloads = payloads_of([each.pk for each in _ticked(request)])
        return [(pk, digest_of(payload).hex()) for pk, payload in sorted(payloads.items())]

    def do_one(self, each: Settlement, request: DoorRequest, asking: Asking) -> str:
        """Approve one, as it was shown; say how many have agreed if more people must."""
        settlement = settlements.approve_settlement(
            each.pk,
            shown_digest=digest_sent(request.POST.get(each.pk, "")),
            decider=asking.decider,
            at=asking.at,
        )
        if settlement.status == SettlementStatus.APPROVED or settlement.approval is None:
            return ""
        return still_to_come(settlement.approval)


def _ticked(request: HttpRequest) -> list[Settlement]:
    """Return the settlements that the address names, at most fifty, oldest first."""
    keys = request.GET.get("ids", "").split(",")[:AT_ONCE_MAX]
    return list(
        Settlement.objects.filter(pk__in=keys)
        .select_related("merchant", "destination", "approval")
        .order_by("created_at", "pk")
    )


def _selection(fitting: Sequence[Settlement]) -> Table:
    totals: Counter[str] = Counter()
    for row in fitting:
        totals[row.currency] += row.net_minor
    return Table(
        _("settlements"),
        [
            Column(_("settlement")),
            Column(_("merchant")),
            Column(_("account holder")),
            Column(_("account ends with")),
            Column(_("lines")),
            Column(_("net"), is_amount=True),
        ],
        [
            [
                showing.row_link(row),
                showing.row_link(row.merchant),
                row.destination.holder_name if row.destination else showing.nothing(),
                panels.account_tail(row.destination),
                f"{row.item_count:,}",
                showing.money(row.net_minor, row.currency, url=entry_url(row.hold_entry_id)),
            ]
            for row in fitting
        ],
        empty=_("None of these settlements can be taken on now."),
        totals=[
            [_("sum"), "", "", "", "", showing.money(minor, currency)]
            for currency, minor in sorted(totals.items())
        ],
    )


def _passed_over(rows: Sequence[Settlement], *, may_be: SettlementStatus) -> list[Panel]:
    others = [row for row in rows if not SETTLEMENT.allows(row.status, may_be)]
    if not others:
        return []
    text = ngettext(
        "%(count)s of those you ticked is passed over: its state does not allow it.",
        "%(count)s of those you ticked are passed over: their state does not allow it.",
        len(others),
    )
    return [Notice(text % {"count": len(others)})]


def _one_by_one(rows: Sequence[Settlement], *, may_be: SettlementStatus) -> list[Panel]:
    """Name those that are left out though their state would allow it."""
    left_out = [row for row in rows if SETTLEMENT.allows(row.status, may_be)]
    if not left_out:
        return []
    return [
        Notice(
            _(
                "Left out, as a finance head has to approve them and their amount is typed:"
                " %(them)s. Approve each on its own page."
            )
            % {"them": ", ".join(row.pk for row in left_out)},
            "attention",
        )
    ]


def _results(results: Sequence[tuple[Settlement, SafeString, str | Promise]]) -> Table:
    return Table(
        _("results"),
        [
            Column(_("settlement")),
            Column(_("merchant")),
            Column(_("result")),
            Column(_("why")),
            Column(_("net"), is_amount=True),
        ],
        [
            [
                showing.row_link(row),
                showing.row_link(row.merchant),
                result,
                reason,
                showing.money(row.net_minor, row.currency, url=entry_url(row.hold_entry_id)),
            ]
            for row, result, reason in results
        ],
        empty=_("Nothing was done."),
    )
