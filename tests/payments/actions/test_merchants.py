"""Taking merchants in, their people, and their accounts in the books."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from ledger.chart import CHART
from ledger.models import Account, AccountBalance, AuditEntry
from payments.actions import merchants
from payments.errors import InvalidCycleError
from payments.models import FeePlan, Merchant, MerchantAccount, MerchantMember
from tests.factories.payments import FeePlanFactory, MerchantFactory, UserFactory
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> FeePlan:
    return FeePlanFactory()


def register(plan: FeePlan, **other) -> Merchant:
    return merchants.register_merchant(
        **{
            "external_no": "M1",
            "name": "Tea",
            "fee_plan": plan,
            "actor": "user:1",
            "at": NOON,
            **other,
        }
    )


class TestRegister:
    def test_takes_a_merchant_in_and_says_so(self, plan):
        # When
        merchant = Merchant.objects.get(pk=register(plan).pk)

        # Then
        assert (merchant.external_no, merchant.name, merchant.settlement_cycle) == (
            "M1",
            "Tea",
            "T+1",
        )
        assert merchant.is_active
        row = AuditEntry.objects.get()
        assert (row.action, row.subject, row.actor) == (
            "merchant.registered",
            merchant.pk,
            "user:1",
        )
        assert row.after["settlement_cycle"] == "T+1"

    def test_writes_a_cycle_in_one_way(self, plan):
        assert register(plan, settlement_cycle="D0").settlement_cycle == "D+0"

    @pytest.mark.parametrize("cycle", ["", "T", "T+366", "W+1", "t+1"])
    def test_refuses_a_cycle_that_is_none(self, plan, cycle):
        with nothing_written(), pytest.raises(InvalidCycleError):
            register(plan, settlement_cycle=cycle)

    def test_refuses_a_number_that_is_taken(self, plan):
        # Given
        register(plan)

        # When, Then
        with nothing_written(), pytest.raises(IntegrityError, match="external_no"):
            register(plan, name="Other tea")


class TestMembers:
    def test_lets_a_person_act_for_a_merchant(self):
        # Given
        merchant, user = MerchantFactory(), UserFactory()

        # When
        merchants.add_member(merchant=merchant, user=user, role="viewer", actor="user:1", at=NOON)

        # Then
        member = MerchantMember.objects.get()
        assert (member.merchant, member.user, member.role) == (merchant, user, "viewer")
        assert AuditEntry.objects.get().after == {"user": user.pk, "role": "viewer"}

    def test_refuses_a_role_that_nobody_has(self):
        merchant, user = MerchantFactory(), UserFactory()
        with nothing_written(), pytest.raises(IntegrityError, match="payments_member_role"):
            merchants.add_member(merchant=merchant, user=user, role="king", actor="u", at=NOON)

    def test_refuses_a_person_twice(self):
        # Given
        merchant, user = MerchantFactory(), UserFactory()
        merchants.add_member(merchant=merchant, user=user, role="viewer", actor="u", at=NOON)

        # When, Then
        with nothing_written(), pytest.raises(IntegrityError, match="payments_member_once_each"):
            merchants.add_member(merchant=merchant, user=user, role="owner", actor="u", at=NOON)


def opened(*sellers: Merchant, currency="CNY", business_date=THURSDAY):
    return merchants.open_accounts(
        [seller.pk for seller in sellers], currency=currency, business_date=business_date
    )


class TestOpenAccounts:
    def test_opens_four_accounts_as_the_chart_describes_them(self):
        # Given
        merchant = MerchantFactory()

        # When
        account = opened(merchant)[merchant.pk]

        # Then
        assert account.matured_through_date == THURSDAY - timedelta(days=1)
        places = {
            "2001": account.pending_account,
            "2002": account.available_account,
            "2003": account.hold_account,
            "1201": account.debt_account,
        }
        for code, found in places.items():
            kind = CHART[code]
            assert (found.code, found.owner_id, found.currency) == (code, merchant.pk, "CNY")
            assert (found.normal_side, found.is_floored) == (kind.normal_side, True)
        assert AccountBalance.objects.filter(balance_minor=0, seq=0).count() == 4

    def test_finds_what_is_open_and_leaves_its_date(self):
        # Given
        merchant = MerchantFactory()
        opened(merchant)

        # When, Then
        with nothing_written():
            account = opened(merchant, business_date=FRIDAY)[merchant.pk]
        assert account.matured_through_date == THURSDAY - timedelta(days=1)

    def test_opens_only_what_is_missing(self):
        # Given
        old, new = MerchantFactory(), MerchantFactory()
        opened(old)

        # When
        found = opened(new, old, business_date=FRIDAY)

        # Then
        assert found[old.pk].matured_through_date == THURSDAY - timedelta(days=1)
        assert found[new.pk].matured_through_date == THURSDAY

    def test_keeps_currencies_apart(self):
        # Given
        merchant = MerchantFactory()
        opened(merchant)

        # When
        opened(merchant, currency="USD")

        # Then
        assert MerchantAccount.objects.count() == 2
        assert Account.objects.count() == 8

    def test_known_accounts_cost_one_round_trip(self, django_assert_num_queries):
        # Given
        sellers = [MerchantFactory() for _ in range(3)]
        opened(*sellers)

        # When, Then
        with django_assert_num_queries(1):
            opened(*sellers)

    @pytest.mark.django_db(transaction=True)
    def test_is_a_part(self):
        # Given
        merchant = MerchantFactory()

        # When, Then
        with nothing_written(), pytest.raises(AssertionError, match="part"):
            opened(merchant)
        with nothing_written(), transaction.atomic():
            opened(merchant)
            transaction.set_rollback(True)
