# ruff: noqa: F811  fixtures are imported
"""Other terms: asked for by one, agreed to by another, and by nobody else put in force."""

from dataclasses import replace

import pytest

from ledger.errors import (
    AmountError,
    StaleApprovalError,
)
from ledger.models import ApprovalRequest, AuditEntry
from payments.errors import (
    FeePlanExistsError,
    InvalidCycleError,
    TermsNotFoundError,
)
from payments.models import Event, FeePlan, Merchant
from payments.terms import FeePlanTerms, MerchantTerms
from tests.factories.payments import FeePlanFactory, MerchantFactory, owed_payment
from tests.factories.terms import agree
from tests.payments.actions.agreed_terms import (  # noqa: F401
    MAKER,
    account,
    account_terms,
    approve,
    ask,
    merchant,
)
from tests.rig.rows import nothing_written


def plan_terms(plan: FeePlan, **other) -> FeePlanTerms:
    return FeePlanTerms(
        **{
            "plan_id": plan.pk,
            "name": plan.name,
            "fee_bps": 180,
            "fixed_minor": 10,
            "minimum_minor": 0,
            "maximum_minor": None,
            "payout_fee_minor": 100,
            "vat_bps": 600,
            "refund_policy": "keep",
            "moves_merchants": False,
            **other,
        }
    )


@pytest.mark.django_db
class TestFeePlans:
    """The next version of a plan, or a new plan made from one."""

    def test_the_next_version_is_made_when_another_agrees(self, merchant):
        # Given
        request = ask(plan_terms(merchant.fee_plan))
        assert FeePlan.objects.count() == 1

        # When
        approve(request)

        # Then
        made = FeePlan.objects.get(version=2)
        assert (made.name, made.currency, made.fee_bps) == (merchant.fee_plan.name, "CNY", 180)
        assert (made.payout_fee_minor, made.vat_bps, made.refund_policy) == (100, 600, "keep")
        assert ApprovalRequest.objects.get().state == "executed"
        # … and nobody is on it yet.
        assert Merchant.objects.get().fee_plan == merchant.fee_plan

    def test_its_merchants_come_along_if_that_was_agreed_to(self, merchant):
        # Given
        stranger = MerchantFactory()
        old_price = owed_payment(merchant).allocations.get().fee_minor

        # When
        agree(plan_terms(merchant.fee_plan, moves_merchants=True))

        # Then
        merchant.refresh_from_db()
        assert merchant.fee_plan.version == 2
        assert Merchant.objects.get(pk=stranger.pk).fee_plan == stranger.fee_plan
        assert owed_payment(merchant).allocations.get().fee_minor == 190
        assert old_price == 200
        event = Event.objects.get(kind="merchant.terms_changed")
        assert (event.subject, event.payload["fee_bps"]) == (merchant.pk, 180)

    def test_by_another_name_it_is_a_new_plan(self, merchant):
        # When
        agree(plan_terms(merchant.fee_plan, name="books", moves_merchants=True))

        # Then
        assert FeePlan.objects.get(name="books").version == 1
        assert Merchant.objects.get().fee_plan == merchant.fee_plan

    def test_refuses_the_name_of_another_plan(self, merchant):
        # Given a merchant on a plan that counts in another currency
        other = MerchantFactory(fee_plan=FeePlanFactory(currency="BRL"))

        # When, Then
        wanted = plan_terms(merchant.fee_plan, name=other.fee_plan.name, moves_merchants=True)
        with nothing_written(), pytest.raises(FeePlanExistsError):
            ask(wanted)

    def test_what_was_shown_says_what_it_was(self, merchant):
        # When
        request = ask(plan_terms(merchant.fee_plan, moves_merchants=True))

        # Then
        assert request.payload["version"] == 2
        assert request.payload["merchants_moved"] == 1
        assert (request.payload["fee_bps"], request.payload["was_fee_bps"]) == (180, 200)
        audit = AuditEntry.objects.get(action="fee_plan.requested")
        assert (audit.before["fee_bps"], audit.after["fee_bps"]) == (200, 180)
        assert (audit.actor, audit.reason) == (MAKER, "agreed")

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"fee_bps": 10_001},
            {"fixed_minor": -1},
            {"minimum_minor": 2, "maximum_minor": 1},
            {"payout_fee_minor": -1},
            {"vat_bps": 10_001},
        ],
    )
    def test_refuses_fees_that_nobody_can_mean(self, merchant, nonsense):
        with nothing_written(), pytest.raises(AmountError):
            plan_terms(merchant.fee_plan, **nonsense)

    def test_another_version_in_between_makes_it_stale(self, merchant):
        # Given two requests for a new plan of one name, made from two plans
        first = ask(plan_terms(merchant.fee_plan, name="books"))
        second = ask(plan_terms(FeePlanFactory(), name="books"))
        approve(first)

        # When, Then
        with nothing_written(), pytest.raises(StaleApprovalError):
            approve(second)
        assert FeePlan.objects.filter(name="books").count() == 1


@pytest.mark.django_db
class TestMerchants:
    """On which plan a merchant is, and when their money becomes available."""

    def test_is_put_on_another_plan_and_cycle(self, merchant):
        # Given
        plan = FeePlanFactory(fee_bps=100)

        # When
        agree(MerchantTerms(merchant.pk, plan.pk, "D1"))

        # Then
        merchant.refresh_from_db()
        assert (merchant.fee_plan, merchant.settlement_cycle) == (plan, "D+1")

    def test_refuses_a_cycle_that_is_none(self, merchant):
        with nothing_written(), pytest.raises(InvalidCycleError):
            MerchantTerms(merchant.pk, merchant.fee_plan_id, "soon")

    def test_refuses_a_plan_or_a_merchant_that_is_not_there(self, merchant, account):
        for terms in (
            MerchantTerms(merchant.pk, "fpl_none", "T+1"),
            MerchantTerms("mer_none", merchant.fee_plan_id, "T+1"),
            replace(account_terms(account, advance_limit_minor=1), currency="USD"),
            replace(plan_terms(merchant.fee_plan), plan_id="fpl_none"),
        ):
            with nothing_written(), pytest.raises(TermsNotFoundError):
                ask(terms)


@pytest.mark.django_db
class TestAccounts:
    """How far a merchant may owe, and whether the reserve pays refunds."""

    def test_are_given_other_terms(self, account):
        # When
        wanted = {"advance_limit_minor": 50_000, "reserve_bps": 1_000, "reserve_days": 90}
        agree(account_terms(account, **wanted, is_reserve_for_refunds=True))

        # Then
        account.refresh_from_db()
        assert (account.advance_limit_minor, account.is_reserve_for_refunds) == (50_000, True)
        assert (account.reserve_bps, account.reserve_days) == (1_000, 90)
        event = Event.objects.get(kind="merchant.terms_changed")
        assert event.payload["advance_limit_minor"] == 50_000

    def test_refuses_a_limit_below_zero(self, account):
        with nothing_written(), pytest.raises(AmountError):
            account_terms(account, advance_limit_minor=-1)
