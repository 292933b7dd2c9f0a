"""Fee plans: how the first version of one is made."""

import pytest

from ledger.errors import AmountError
from ledger.models import AuditEntry
from payments.actions.fees import create_fee_plan
from payments.errors import FeePlanExistsError
from payments.models import FeePlan
from payments.pricing import FeeTerms
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

TERMS = FeeTerms(bps=200, fixed_minor=30, minimum_minor=50, maximum_minor=9_000)


def create(name: str = "standard", **other) -> FeePlan:
    return create_fee_plan(
        **{
            "name": name,
            "currency": "CNY",
            "terms": TERMS,
            "payout_fee_minor": 100,
            "actor": "user:1",
            "at": NOON,
            **other,
        }
    )


def test_keeps_the_terms_as_pricing_reads_them():
    # When
    plan = FeePlan.objects.get(pk=create().pk)

    # Then
    assert (plan.version, plan.currency, plan.payout_fee_minor) == (1, "CNY", 100)
    assert plan.terms == TERMS
    assert str(plan) == "standard v1"
    row = AuditEntry.objects.get()
    assert (row.action, row.subject, row.after) == (
        "fee_plan.created",
        plan.pk,
        {
            "name": "standard",
            "currency": "CNY",
            "version": 1,
            "fee_bps": 200,
            "fixed_minor": 30,
            "payout_fee_minor": 100,
            "vat_bps": 0,
        },
    )


def test_a_plan_that_is_there_gets_no_second_first_version():
    # Given
    create()

    # When, Then
    with nothing_written(), pytest.raises(FeePlanExistsError):
        create(terms=FeeTerms(bps=180))
    assert create("other").version == 1


def test_keeps_what_refunds_return_and_the_tax_in_it():
    plan = FeePlan.objects.get(pk=create(vat_bps=600, refund_policy="keep").pk)

    assert (plan.vat_bps, plan.refund_policy) == (600, "keep")
    assert create("other").refund_policy == "return_proportional"


def test_refuses_terms_that_nobody_can_mean():
    with nothing_written(), pytest.raises(AmountError):
        create(terms=FeeTerms(bps=10_001))
