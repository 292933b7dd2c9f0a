"""Having a settlement judged by risk: when it is drafted, submitted and approved."""

from datetime import datetime

from django.db import connection

from payments.screening import Judgement, Verdict
from risk.actions import screenings
from risk.findings import words
from risk.models import Screening
from risk.queries.screenings import screenings_of
from settlements.errors import SettlementStoppedError
from settlements.models import Settlement


def judge(settlement: Settlement, *, client_ip: str | None, at: datetime) -> Judgement:
    """Have a settlement judged; it is counted against the limits once. A part."""
    destination = settlement.destination
    return screenings.screen_settlement(
        settlement_id=settlement.pk,
        merchant_id=settlement.merchant_id,
        amount_minor=settlement.net_minor,
        currency=settlement.currency,
        business_date=settlement.business_date,
        client_ip=client_ip,
        account_index=None if destination is None else bytes(destination.account_index),
        at=at,
    )


def require_allowed_again(settlement: Settlement, *, at: datetime) -> None:
    """Have a locked settlement judged once more before it goes on. A part.

    It is judged from the address that the merchant asked from, never from that of our staff.
    What a risk officer let pass does not stop it again; anything that was found since does.

    Raises SettlementStoppedError, whose code is the reason's; nothing is written then.
    """
    assert connection.in_atomic_block, "require_allowed_again is a part"
    earlier = screenings_of(settlement.pk)
    judgement = judge(settlement, client_ip=earlier[-1].client_ip if earlier else None, at=at)
    if judgement.verdict == Verdict.ALLOW:
        return
    if judgement.verdict == Verdict.DENY or not _was_let_pass(settlement, judgement):
        raise stopped(judgement)


def stopped(judgement: Judgement) -> SettlementStoppedError:
    """Return the refusal that says in words what a judgement found."""
    screening = Screening.objects.get(pk=judgement.screening_id)
    sentences = [
        words(finding["code"], finding["facts"])
        for finding in screening.findings
        if finding["verdict"] != Verdict.ALLOW
    ]
    return SettlementStoppedError(" ".join(sentences), reason=judgement.code)


def _was_let_pass(settlement: Settlement, judgement: Judgement) -> bool:
    """Tell whether an officer has seen everything that a judgement found."""
    released = settlement.released_screening
    if released is None:
        return False
    found = Screening.objects.get(pk=judgement.screening_id)
    return _stopping_codes(found) <= _stopping_codes(released)


def _stopping_codes(screening: Screening) -> set[str]:
    return {
        finding["code"] for finding in screening.findings if finding["verdict"] != Verdict.ALLOW
    }
