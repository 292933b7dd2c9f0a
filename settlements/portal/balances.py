"""The portal's first page: how much, where it is, why it waits, and when it comes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from payments.portal.access import Member, PortalRequest, membership_required
from payments.queries.calendar import business_date_of
from payments.queries.turnover import DayTurnover, turnover_by_day
from settlements.models import Settlement
from settlements.portal import explanations
from settlements.portal.chart import turnover_chart
from settlements.queries.merchants import Standing, standings
from settlements.states import SettlementStatus

CHART_DAYS = 30


@require_safe
@membership_required
def home(request: PortalRequest, member: Member) -> HttpResponse:
    """Show the merchant's balance in each currency, with what explains it and what is next."""
    today = business_date_of(request.at)
    from_date = today - timedelta(days=CHART_DAYS - 1)
    turnover = turnover_by_day(member.merchant.pk, from_date=from_date, to_date=today)
    return render(
        request,
        "portal/balances/home.html",
        {
            "member": member,
            "today": today,
            "chart_from": from_date,
            "balances": [
                _balance(standing, today=today, days=turnover.get(standing.currency, []))
                for standing in standings(member.merchant.pk)
            ],
        },
    )


def _balance(standing: Standing, *, today: date, days: Sequence[DayTurnover]) -> dict[str, Any]:
    return {
        "standing": standing,
        "currency": standing.currency,
        "held": [_explained(settlement) for settlement in standing.held],
        "on_the_way": [_explained(settlement) for settlement in standing.on_the_way],
        "next_maturity": standing.maturing[0] if standing.maturing else None,
        "chart": turnover_chart(days) if days else None,
        "today": today,
    }


def _explained(settlement: Settlement) -> dict[str, Any]:
    status = SettlementStatus(settlement.status)
    return {
        "settlement": settlement,
        "why": explanations.why(settlement),
        "tone": explanations.SETTLEMENT_TONES.get(status, ""),
    }
