"""Judge the amount of one deed by the limits that bind it."""

from collections.abc import Iterable, Mapping, Sequence

from payments.screening import Verdict
from risk.rules.base import (
    BindingLimit,
    Facts,
    Finding,
    LimitDeed,
    LimitSubject,
    LimitWindow,
)

ONE_AMOUNT = "amount.one"
DAY_AMOUNT = "amount.day"
BOOKED_AMOUNT = "amount.booked"
VERSION = 1

_OVER = {LimitDeed.PAYMENT: Verdict.DENY, LimitDeed.SETTLEMENT: Verdict.REVIEW}


def most_specific(candidates: Iterable[BindingLimit]) -> tuple[BindingLimit, ...]:
    """Choose the limits that bind: one's own before the default of the kind.

    Days are counted for each subject apart, so the platform's day binds besides the owner's.
    An amount is one amount, so of the limits per transaction only the most specific binds:
    a payer's own, else the payers', else the platform's. The result's order is always the same.
    """
    chosen: dict[tuple[str, str], BindingLimit] = {}
    for limit in sorted(candidates, key=_rank):
        is_daily = limit.window == LimitWindow.DAY
        chosen.setdefault((limit.window, limit.subject_kind if is_daily else ""), limit)
    return tuple(chosen[key] for key in sorted(chosen, reverse=True))


def judge_one_amount(facts: Facts) -> Sequence[Finding]:
    """Compare the amount with the limit per transaction; say so when there is no limit at all."""
    if not facts.limits:
        return [
            Finding(ONE_AMOUNT, VERSION, Verdict.ALLOW, "limit.none", {"currency": facts.currency})
        ]
    return [
        _finding(
            facts,
            limit,
            rule=ONE_AMOUNT,
            is_over=facts.amount_minor > limit.value_minor,
            figures={},
        )
        for limit in facts.limits
        if limit.window == LimitWindow.TRANSACTION
    ]


def limits_to_count(facts: Facts) -> list[BindingLimit]:
    """List the limits whose counters this deed has yet to fill."""
    return [
        limit for limit in facts.limits if limit.window == LimitWindow.DAY and not limit.is_counted
    ]


def judge_day(facts: Facts, limit: BindingLimit, *, used_minor: int, is_refused: bool) -> Finding:
    """Say what the guarded counter answered.

    `used_minor` is what the day's counter holds: with this deed if it was counted, without it
    if it was refused.
    """
    return _finding(
        facts, limit, rule=DAY_AMOUNT, is_over=is_refused, figures={"used_minor": used_minor}
    )


def judge_counted_before(facts: Facts) -> list[Finding]:
    """Say which counters an earlier judgement of this deed filled; a deed counts once."""
    return [
        Finding(
            DAY_AMOUNT,
            VERSION,
            Verdict.ALLOW,
            f"counted.{limit.subject_kind}.{limit.window}",
            {"limit_minor": limit.value_minor, "currency": facts.currency},
        )
        for limit in facts.limits
        if limit.is_counted
    ]


def booked(facts: Mapping[str, int | str], *, subject_kind: str, used_minor: int) -> Finding:
    """Say that a deed counts towards a day whatever its limit, as its money has come."""
    return Finding(
        BOOKED_AMOUNT,
        VERSION,
        Verdict.ALLOW,
        f"booked.{subject_kind}.{LimitWindow.DAY}",
        {
            "amount_minor": facts["amount_minor"],
            "used_minor": used_minor,
            "currency": facts["currency"],
        },
    )


def _rank(limit: BindingLimit) -> int:
    """Order from the most specific to the least."""
    if limit.is_own:
        return 0
    return 2 if limit.subject_kind == LimitSubject.PLATFORM else 1


def _finding(
    facts: Facts,
    limit: BindingLimit,
    *,
    rule: str,
    is_over: bool,
    figures: dict[str, int | str],
) -> Finding:
    """Write down how the amount stands to one limit."""
    return Finding(
        rule,
        VERSION,
        _OVER[facts.deed] if is_over else Verdict.ALLOW,
        f"{'limit' if is_over else 'within'}.{limit.subject_kind}.{limit.window}",
        {
            "limit_minor": limit.value_minor,
            "amount_minor": facts.amount_minor,
            **figures,
            "currency": facts.currency,
        },
    )
