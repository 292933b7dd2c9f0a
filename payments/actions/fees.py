"""Making fee plans; a plan is never changed, a new version is made (`payments.actions.terms`)."""

from datetime import datetime

from django.db import connection, transaction

from ledger.actions.audit import record_audit
from payments.errors import FeePlanExistsError
from payments.models import FeePlan, RefundPolicy
from payments.pricing import FeeTerms
from payments.terms import FeePlanTerms


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
    """Make the first version of a plan, which nobody is on. Amounts are minor units of `currency`.

    `vat_bps` is the value-added tax that the fees include, `refund_policy` what of a fee goes
    back with a refund (`payments.models.RefundPolicy`). For who sets a marketplace up; later
    versions, and who is on them, are agreed to by two people.

    Raises AmountError for terms that make no sense, and FeePlanExistsError; nothing is written
    then.
    """
    if FeePlan.objects.filter(name=name).exists():
        raise FeePlanExistsError(name=name)
    plan = FeePlan.objects.create(
        name=name,
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
        after={
            "name": name,
            "version": plan.version,
            "currency": currency,
            "fee_bps": plan.fee_bps,
            "fixed_minor": plan.fixed_minor,
            "payout_fee_minor": plan.payout_fee_minor,
            "vat_bps": plan.vat_bps,
        },
    )
    return plan


def write_fee_plan(terms: FeePlanTerms, *, at: datetime) -> FeePlan:
    """Write the version that two people have agreed to. A part; the database asks for them."""
    assert connection.in_atomic_block, "write_fee_plan is a part; open a transaction around it"
    latest = FeePlan.objects.filter(name=terms.name).order_by("-version").first()
    values = terms.values()
    values.pop("moves_merchants")
    return FeePlan.objects.create(
        version=1 if latest is None else latest.version + 1,
        currency=FeePlan.objects.values_list("currency", flat=True).get(pk=terms.plan_id),
        created_at=at,
        **values,
    )
