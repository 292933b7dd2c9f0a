"""What waits for one person on the home page: only what they may see, and may do."""

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from config.back_office import contradiction_waits
from config.back_office.channel_waits import notifications, orders
from config.back_office.hold_waits import holds
from config.back_office.job_waits import jobs
from config.back_office.waits import Waiting, filtered, requests_for_me
from ledger.admin import showing
from ledger.queries import periods
from payments.models import ManualEntry, ParkedMoney, Refund
from payments.parked_states import ParkedKind, ParkedStatus
from payments.states import (
    CONTRADICTED,
    ManualEntryStatus,
    RefundStatus,
)
from settlements.models import BillLine, BillLineState, Payout, Settlement
from settlements.states import PayoutStatus, SettlementStatus


def waiting_for(request: HttpRequest) -> list[Waiting]:
    """Return each kind of thing that waits, with how many there are; none is a good answer."""
    return [
        *requests_for_me(request),
        *_settlements(request),
        *_refunds(request),
        *contradiction_waits.captures_and_voids(request),
        *holds(request),
        *_manual_entries(request),
        *orders(request),
        *notifications(request),
        *_parked_money(request),
        *_bank(request),
        *_books(request),
        *jobs(request),
    ]


def _settlements(request: HttpRequest) -> list[Waiting]:
    if not request.user.has_perm("settlements.view_settlement"):
        return []
    mine = Q(approval__maker=f"user:{request.user.pk}")
    status = SettlementStatus
    counts = Settlement.objects.filter(
        status__in=[status.DRAFT, status.SUBMITTED, status.REVIEW, status.PAY_FAILED]
    ).aggregate(
        drafts=Count("pk", filter=Q(status=status.DRAFT)),
        to_decide=Count("pk", filter=Q(status=status.SUBMITTED) & ~mine),
        in_review=Count("pk", filter=Q(status=status.REVIEW)),
        failed=Count("pk", filter=Q(status=status.PAY_FAILED)),
    )
    found = [
        (
            "settlements.approve_settlement",
            "to_decide",
            status.SUBMITTED,
            _("settlements to approve"),
            _("somebody else submitted them"),
        ),
        (
            "settlements.submit_settlement",
            "drafts",
            status.DRAFT,
            _("settlements to submit"),
            _("drafted, and not yet submitted"),
        ),
        (
            "settlements.review_settlement",
            "in_review",
            status.REVIEW,
            _("settlements over a limit"),
            _("released or cancelled by a risk officer"),
        ),
        (
            "settlements.cancel_settlement",
            "failed",
            status.PAY_FAILED,
            _("payouts that failed"),
            _("the money is on hold again"),
        ),
    ]
    return [
        Waiting(what, how, counts[name], filtered(Settlement, status__exact=state.value))
        for permission, name, state, what, how in found
        if request.user.has_perm(permission)
    ]


def _refunds(request: HttpRequest) -> list[Waiting]:
    if not request.user.has_perm("payments.view_refund"):
        return []
    counts = _refund_counts(request)
    waiting = [
        Waiting(what, how, counts[name], filtered(Refund, status__exact=state.value), tone)
        for permission, name, state, what, how, tone in _refunds_that_wait()
        if request.user.has_perm(permission)
    ]
    if request.user.has_perm("payments.ask_refund"):
        waiting.append(contradiction_waits.refunds(counts["contradicted"]))
    return waiting


def _refunds_that_wait() -> list[tuple[str, str, RefundStatus, str, str, str]]:
    """Return who looks at refunds in which state, under which name, and what is said of them."""
    status = RefundStatus
    return [
        (
            "payments.approve_refund",
            "to_decide",
            status.PENDING_APPROVAL,
            _("refunds to approve"),
            _("somebody else asked for them"),
            "attention",
        ),
        (
            "payments.request_refund",
            "without_funds",
            status.FUNDING_REQUIRED,
            _("refunds without funds"),
            _("they go on by themselves once the merchants have enough"),
            "attention",
        ),
        (
            "payments.ask_refund",
            "unknown",
            status.UNKNOWN,
            _("refunds with unknown outcome"),
            _("asked about by themselves until the channel has answered"),
            "alarm",
        ),
        (
            "payments.ask_refund",
            "abnormal",
            status.ABNORMAL,
            _("abnormal refunds"),
            _("the channel could not deliver the money to the payer"),
            "alarm",
        ),
        (
            "payments.ask_refund",
            "reversed",
            status.REVERSED,
            _("refunds that came back"),
            _("the payer had the money; it is owed to them again"),
            "alarm",
        ),
    ]


def _refund_counts(request: HttpRequest) -> dict[str, int]:
    mine = Q(approval__maker=f"user:{request.user.pk}")
    status = RefundStatus
    is_contradicted = Q(status_code=CONTRADICTED)
    open_ones = [
        status.PENDING_APPROVAL,
        status.FUNDING_REQUIRED,
        status.UNKNOWN,
        status.ABNORMAL,
        status.REVERSED,
    ]
    return Refund.objects.filter(Q(status__in=open_ones) | is_contradicted).aggregate(
        to_decide=Count("pk", filter=Q(status=status.PENDING_APPROVAL) & ~mine),
        without_funds=Count("pk", filter=Q(status=status.FUNDING_REQUIRED)),
        unknown=Count("pk", filter=Q(status=status.UNKNOWN)),
        abnormal=Count("pk", filter=Q(status=status.ABNORMAL)),
        reversed=Count("pk", filter=Q(status=status.REVERSED)),
        contradicted=Count("pk", filter=is_contradicted),
    )


def _manual_entries(request: HttpRequest) -> list[Waiting]:
    if not request.user.has_perm("payments.approve_manual_entry"):
        return []
    status = ManualEntryStatus.PENDING_APPROVAL
    others = ManualEntry.objects.filter(status=status).exclude(maker=f"user:{request.user.pk}")
    return [
        Waiting(
            _("manual entries to approve"),
            _("somebody else asked that something is booked by hand"),
            others.count(),
            filtered(ManualEntry, status__exact=status.value),
        )
    ]


def _parked_money(request: HttpRequest) -> list[Waiting]:
    """List money that came late, otherwise than asked, or twice: it waits in suspense."""
    if not request.user.has_perm("payments.view_parkedmoney"):
        return []
    kinds = ParkedKind
    waiting = ParkedMoney.objects.filter(status=ParkedStatus.WAITING)
    counts = waiting.aggregate(
        **{kind.value: Count("pk", filter=Q(kind=kind)) for kind in ParkedKind}
    )
    found = [
        (
            kinds.PAID_LATE,
            _("payments paid late"),
            _("closed before the money came; it waits in suspense"),
        ),
        (
            kinds.PAID_TWICE,
            _("payments paid twice"),
            _("the money of the second try waits in suspense"),
        ),
        (
            kinds.CONFLICTED,
            _("conflicted payments"),
            _("another amount or currency came; it waits in suspense"),
        ),
    ]
    return [
        Waiting(
            what,
            how,
            counts[kind.value],
            filtered(
                ParkedMoney,
                status__exact=ParkedStatus.WAITING.value,
                kind__exact=kind.value,
            ),
            tone="alarm",
        )
        for kind, what, how in found
    ]


def _bank(request: HttpRequest) -> list[Waiting]:
    found = []
    if request.user.has_perm("settlements.export_paymentfile"):
        found.append(
            Waiting(
                _("payouts to export"),
                _("approved, and waiting for a payment file"),
                Payout.objects.filter(status=PayoutStatus.QUEUED).count(),
                filtered(Payout, status__exact=PayoutStatus.QUEUED.value),
            )
        )
    if request.user.has_perm("settlements.view_billline"):
        found.append(
            Waiting(
                _("open bill lines"),
                _("the bank's movements that nobody knows yet"),
                BillLine.objects.filter(state=BillLineState.OPEN).count(),
                filtered(BillLine, state__exact=BillLineState.OPEN.value),
            )
        )
    return found


def _books(request: HttpRequest) -> list[Waiting]:
    """Remind who closes days that yesterday is open still at noon: one thing for each open day."""
    if not request.user.has_perm("ledger.close_period"):
        return []
    at = request.at  # type: ignore[attr-defined]  # config/middleware.py
    today = periods.today(at)
    day = periods.next_day_to_close()
    is_noon = at >= showing.day_starts(today) + timedelta(hours=12)
    last = today - timedelta(days=1 if is_noon else 2)
    count = max(0, (last - day).days + 1) if day is not None else 0
    return [
        Waiting(
            _("days to close"),
            _("over, and their books are still open"),
            count,
            reverse("admin:ledger_period_close_day"),
        )
    ]
