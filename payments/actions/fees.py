"""Making fee plans; a plan is never changed, a new version is made."""

from datetime import datetime

from django.db import transaction

from ledger.actions.audit import record_audit
from payments.models import FeePlan, RefundPolicy
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
    vat_bps: int = 0,
    refund_policy: str = RefundPolicy.RETURN_PROPORTIONAL,
) -> FeePlan:
    """Make the next version of the plan called `name`. Amounts are minor units of `currency`.

    `vat_bps` is the value-added tax that the fees include, `refund_policy` what of a fee goes
    back with a refund (`payments.models.RefundPolicy`).

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
        vat_bps=vat_bps,
        refund_policy=RefundPolicy(refund_policy),
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
