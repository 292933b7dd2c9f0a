"""Making fee plans; a plan is never changed, a new version is made."""

from datetime import datetime

from django.db import transaction

from ledger.actions.audit import record_audit
from payments.models import FeePlan
from payments.pricing import FeeTerms


@transaction.atomic(durable=True)
def create_fee_plan(
    *,
    name: str,
    currency: str,
    terms: FeeTerms,
    actor: str,
    at: datetime,
    payout_fee_minor: int = 0,
) -> FeePlan:
    """Make the next version of the plan called `name`. Amounts are minor units of `currency`.

    Raises AmountError for terms that make no sense; nothing is written then.
    """
    latest = FeePlan.objects.filter(name=name).order_by("-version").first()
    plan = FeePlan.objects.create(
        name=name,
        version=1 if latest is None else latest.version + 1,
        currency=currency,
        fee_bps=terms.bps,
        fixed_minor=terms.fixed_minor,
        minimum_minor=terms.minimum_minor,
        maximum_minor=terms.maximum_minor,
        payout_fee_minor=payout_fee_minor,
        created_at=at,
    )
    record_audit(
        action="fee_plan.created",
        subject=plan.id,
        actor=actor,
        at=at,
        after={"name": name, "version": plan.version, "fee_bps": terms.bps},
    )
    return plan
