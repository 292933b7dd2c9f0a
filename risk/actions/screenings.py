"""Judge payments and settlements, and keep the reasons of every judgement.

All of these are parts, and their caller holds the row of the payment or settlement locked, so
that no deed is judged twice at the same moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from payments.screening import Judgement, ScreeningRequest, Verdict
from risk import engine
from risk.actions import limits, networks, passwords
from risk.errors import TokenRefusedError
from risk.locator import get_locator
from risk.models import Screening
from risk.pins import PasswordOwner, TokenBinding
from risk.queries.facts import standing
from risk.queries.limits import binding_limits
from risk.queries.passwords import is_asked_above
from risk.queries.screenings import counted_screenings, given_back_screenings
from risk.rules import amount, password
from risk.rules.base import BindingLimit, Facts, Finding, LimitDeed

NEVER_COUNTED = (Verdict.DENY, Verdict.CHALLENGE)
"""What ends or interrupts a deed; it uses no limit."""


def screen_payment(request: ScreeningRequest) -> Judgement:
    """Judge a payment at confirm: over a limit it is denied with the limit's code. A part.

    What is neither denied nor challenged is counted against its daily limits, once for each
    payment. A challenge asks the payer for their password; the token that they get for it comes
    with the next request and is used up here. A denied or challenged payment leaves nothing but
    its `Screening` row. Five round trips, six with a token.
    """
    return _judge(
        Facts(
            deed=LimitDeed.PAYMENT,
            subject=request.payment_id,
            amount_minor=request.amount_minor,
            currency=request.currency,
            business_date=request.business_date,
            at=request.at,
            payer_id=request.payer_id,
            merchant_ids=request.merchant_ids,
            method=request.method,
            client_ip=request.client_ip,
            is_proven=_is_proven(request),
        ),
        owner_id=request.payer_id,
    )


def screen_settlement(
    *,
    settlement_id: str,
    merchant_id: str,
    amount_minor: int,
    currency: str,
    business_date: date,
    client_ip: str | None,
    at: datetime,
    account_index: bytes | None = None,
) -> Judgement:
    """Judge a settlement: over a limit it goes to review with the limit's code. A part.

    It is counted against the merchant's day once, however often it is judged: before it is
    submitted and again before it is approved. One over the day's limit is not counted; one over
    the limit of a single settlement is, because an officer may still let it go. `account_index`
    is the keyed hash of the account to be paid, by which it is found on the block list.
    """
    return _judge(
        Facts(
            deed=LimitDeed.SETTLEMENT,
            subject=settlement_id,
            amount_minor=amount_minor,
            currency=currency,
            business_date=business_date,
            at=at,
            merchant_ids=(merchant_id,),
            client_ip=client_ip,
        ),
        owner_id=merchant_id,
        account_index=account_index,
    )


def give_back(subject: str, *, at: datetime) -> None:
    """Give back the limits that a payment or settlement used. A part, idempotent.

    Call it when the deed failed for certain; an unknown outcome stays counted.
    """
    assert connection.in_atomic_block, "give_back is a part; open a transaction around it"
    for screening in counted_screenings(subject):
        limits.give_back(screening, at=at)


def count_again(subject: str, *, business_date: date, at: datetime) -> None:
    """Count a payment that was paid although its limits were given back. A part, idempotent.

    Nobody can refuse what was paid, so it fills the same counters as before whatever the limits
    say, those of `business_date`, and a judgement tells why. What is counted still, and what used
    no limit, is left as it is. One query then.
    """
    assert connection.in_atomic_block, "count_again is a part; open a transaction around it"
    given_back = given_back_screenings(subject)
    if not given_back:
        return
    uses = limits.consume_again(given_back, business_date=business_date)
    last = given_back[-1]
    facts = {**last.facts, "business_date": business_date.isoformat()}
    findings = [
        amount.booked(facts, subject_kind=use.limit.subject_kind, used_minor=use.used_minor)
        for use in uses
    ]
    Screening.objects.create(
        deed=last.deed,
        subject=subject,
        verdict=Verdict.ALLOW,
        facts=facts,
        findings=[asdict(finding) for finding in findings],
        consumed=_consumed([use.limit for use in uses], facts),
        at=at,
    )


def _judge(facts: Facts, *, owner_id: str | None, account_index: bytes | None = None) -> Judgement:
    """Gather what is known, ask the rules, fill the counters, and write the judgement down."""
    assert connection.in_atomic_block, "a screening is a part; open a transaction around it"
    facts = _known(facts, owner_id=owner_id, account_index=account_index)
    findings = password.in_one_voice(engine.evaluate(facts, rules=engine.RULES))
    consumed: list[BindingLimit] = []
    if not any(finding.verdict in NEVER_COUNTED for finding in findings):
        findings += amount.judge_counted_before(facts)
        uses = limits.consume(
            amount.limits_to_count(facts),
            deed=facts.deed,
            currency=facts.currency,
            amount_minor=facts.amount_minor,
            business_date=facts.business_date,
        )
        findings += [
            amount.judge_day(facts, use.limit, used_minor=use.used_minor, is_refused=use.is_refused)
            for use in uses
        ]
        consumed = [use.limit for use in uses if not use.is_refused]
    return _written(facts, findings=findings, consumed=consumed)


def _known(facts: Facts, *, owner_id: str | None, account_index: bytes | None) -> Facts:
    """Add the limits that bind, and how everybody and every address in the deed stands."""
    stands = standing(
        payer_id=facts.payer_id,
        owner_id=owner_id,
        client_ip=facts.client_ip,
        account_index=account_index,
        at=facts.at,
    )
    return replace(
        facts,
        limits=binding_limits(
            deed=facts.deed,
            owner_id=owner_id,
            currency=facts.currency,
            subject=facts.subject,
            at=facts.at,
        ),
        is_password_wanted=facts.payer_id is not None
        and (stands.has_password or is_asked_above(facts.amount_minor, currency=facts.currency)),
        blocked=stands.blocked,
        networks=stands.networks,
        place=get_locator().locate(facts.client_ip) if facts.client_ip else None,
        last_place=stands.last_place,
        is_address_known=stands.is_address_known,
        has_history=stands.has_history,
        new_address_above_minor=settings.NEW_ADDRESS_ABOVE.get(facts.currency),
    )


def _is_proven(request: ScreeningRequest) -> bool:
    """Tell whether the payer typed their password for exactly this payment; that is used up."""
    if not request.token or request.payer_id is None:
        return False
    binding = TokenBinding(
        deed=LimitDeed.PAYMENT,
        subject=request.payment_id,
        amount_minor=request.amount_minor,
        currency=request.currency,
        payees=request.merchant_ids,
    )
    try:
        passwords.consume_token(
            request.token, owner=PasswordOwner.payer(request.payer_id), binding=binding
        )
    except TokenRefusedError:
        return False
    return True


def _written(
    facts: Facts, *, findings: Sequence[Finding], consumed: Sequence[BindingLimit]
) -> Judgement:
    """Keep one judgement with its reasons."""
    conclusion = engine.conclude(findings)
    if conclusion.verdict == Verdict.ALLOW and facts.payer_id and facts.client_ip:
        networks.remember_address(
            facts.payer_id, address=facts.client_ip, place=facts.place, at=facts.at
        )
    known = {
        "amount_minor": facts.amount_minor,
        "currency": facts.currency,
        "business_date": facts.business_date.isoformat(),
        "payer_id": facts.payer_id,
        "merchant_ids": list(facts.merchant_ids),
        "method": facts.method,
    }
    screening = Screening.objects.create(
        deed=facts.deed,
        subject=facts.subject,
        verdict=conclusion.verdict,
        code=conclusion.code,
        facts=known,
        findings=[asdict(finding) for finding in findings],
        consumed=_consumed(consumed, known),
        client_ip=facts.client_ip,
        at=facts.at,
    )
    return Judgement(conclusion.verdict, conclusion.code, screening.pk)


def _consumed(counted: Sequence[BindingLimit], facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the counters that a judgement filled, so that they can be given back."""
    shared = {name: facts[name] for name in ("currency", "business_date", "amount_minor")}
    return [{"subject_id": limit.counter_id, **shared} for limit in counted]
