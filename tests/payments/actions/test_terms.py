"""Other terms: asked for by one, agreed to by another, and by nobody else put in force."""

from dataclasses import replace

import pytest

from ledger import chart
from ledger.actions.approvals import LIFETIME, Decider, digest_of
from ledger.errors import (
    AlreadyDecidedError,
    AmountError,
    ApprovalClosedError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import Account, ApprovalRequest, AuditEntry
from payments.actions.merchants import open_accounts
from payments.actions.terms import approve_terms, reject_terms, request_terms, withdraw_terms
from payments.errors import (
    FeePlanExistsError,
    InvalidCycleError,
    TermsNotAskedError,
    TermsNotFoundError,
    TermsReasonMissingError,
    TermsUnchangedError,
)
from payments.models import Event, FeePlan, Merchant, MerchantAccount
from payments.terms import AccountTerms, FeePlanTerms, MerchantTerms, Terms
from tests.factories.payments import FeePlanFactory, MerchantFactory, owed_payment
from tests.factories.terms import agree
from tests.instants import NEXT_NOON, NOON, THURSDAY
from tests.rig.attacks import every_way, refused, run_sql
from tests.rig.rows import nothing_written

MAKER, CHECKER = "user:1", Decider("user:2", second_factor="totp")


def ask(terms: Terms, **other) -> ApprovalRequest:
    return request_terms(terms, **{"actor": MAKER, "at": NOON, "reason": "agreed", **other})


def approve(request: ApprovalRequest, decider: Decider = CHECKER) -> ApprovalRequest:
    shown = bytes(request.digest)
    return approve_terms(request.pk, shown_digest=shown, decider=decider, at=NEXT_NOON)


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


def account_terms(account: MerchantAccount, **other) -> AccountTerms:
    return AccountTerms(
        **{
            "merchant_id": account.merchant_id,
            "currency": "CNY",
            "advance_limit_minor": 0,
            "is_reserve_for_refunds": False,
            "reserve_bps": 0,
            "reserve_days": 0,
            **other,
        }
    )


def unopened_account(merchant: Merchant) -> MerchantAccount:
    """Make the row of a merchant's account past the actions, without writing it."""
    accounts = {
        code: Account.objects.create(
            code=code,
            owner_id=merchant.pk,
            currency="CNY",
            normal_side=chart.CHART[code].normal_side,
            is_floored=chart.CHART[code].is_floored,
        )
        for code in ("2001", "2002", "2003", "1201")
    }
    return MerchantAccount(
        merchant=merchant,
        currency="CNY",
        pending_account=accounts["2001"],
        available_account=accounts["2002"],
        hold_account=accounts["2003"],
        debt_account=accounts["1201"],
        matured_through_date=THURSDAY,
    )


def version_agreed_in_brl(plan: FeePlan) -> FeePlan:
    """Make the next version of a plan in another currency; two people agreed past the actions."""
    made = FeePlanFactory.build(name=plan.name, version=2, currency="BRL")
    names = (
        *("name", "version", "currency", "fee_bps", "fixed_minor", "minimum_minor"),
        *("maximum_minor", "payout_fee_minor", "vat_bps", "refund_policy"),
    )
    payload = {name: getattr(made, name) for name in names}
    request = ApprovalRequest.objects.create(
        kind="fee_plan",
        object_type="fee_plan",
        object_id=plan.pk,
        payload=payload,
        digest=digest_of(payload),
        maker=MAKER,
        created_at=NOON,
        expires_at=NOON + LIFETIME,
    )
    agree_past_the_actions(request)
    return made


def agree_past_the_actions(request: ApprovalRequest) -> None:
    """Let another person agree by SQL; nothing is put in force."""
    run_sql(
        "INSERT INTO ledger_approvaldecision (request_id, maker, approver, decision, digest,"
        " second_factor, reason, at)"
        " SELECT id, maker, 'user:2', 'approve', digest, 'totp', '', created_at"
        " FROM ledger_approvalrequest WHERE id = %s",
        request.pk,
    )
    ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory()


@pytest.fixture
def account(merchant) -> MerchantAccount:
    open_accounts([merchant.pk], currency="CNY", business_date=THURSDAY)
    return merchant.accounts.get()


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


@pytest.mark.django_db
class TestTwoPeople:
    """One asks, another decides; whoever else tries is refused."""

    @pytest.fixture
    def asked(self, account) -> ApprovalRequest:
        return ask(account_terms(account, advance_limit_minor=100))

    def test_refuses_the_maker(self, asked):
        with nothing_written(), pytest.raises(SelfApprovalError):
            approve(asked, Decider(MAKER, second_factor="totp"))

    def test_refuses_what_was_shown_otherwise(self, asked):
        with nothing_written(), pytest.raises(StaleApprovalError):
            approve_terms(asked.pk, shown_digest=b"", decider=CHECKER, at=NEXT_NOON)

    def test_refuses_a_second_request_about_the_same(self, asked, account):
        with nothing_written(), pytest.raises(ApprovalClosedError):
            ask(account_terms(account, advance_limit_minor=7))

    def test_refuses_what_is_so_already(self, account):
        with nothing_written(), pytest.raises(TermsUnchangedError):
            ask(account_terms(account))

    def test_a_reason_is_asked_for(self, asked, account):
        with nothing_written(), pytest.raises(TermsReasonMissingError):
            ask(account_terms(account, advance_limit_minor=1), reason=" ")
        with nothing_written(), pytest.raises(TermsReasonMissingError):
            reject_terms(asked.pk, shown_digest=b"", decider=CHECKER, at=NEXT_NOON, reason="")

    def test_a_no_leaves_them_as_they_were(self, asked, account):
        # When
        reject_terms(
            asked.pk,
            shown_digest=bytes(asked.digest),
            decider=CHECKER,
            at=NEXT_NOON,
            reason="too much",
        )

        # Then
        account.refresh_from_db()
        assert account.advance_limit_minor == 0
        with nothing_written(), pytest.raises(TermsNotAskedError):
            approve(asked)

    def test_is_withdrawn(self, asked, account):
        # When
        withdraw_terms(asked.pk, actor=MAKER, at=NEXT_NOON, reason="a slip")

        # Then
        assert ApprovalRequest.objects.get().state == "voided"
        assert AuditEntry.objects.get(action="account_terms.withdrawn").reason == "a slip"
        ask(account_terms(account, advance_limit_minor=7))

    def test_once_in_force_nobody_agrees_again(self, asked):
        # Given
        approve(asked)

        # When, Then
        with nothing_written(), pytest.raises((TermsNotAskedError, AlreadyDecidedError)):
            approve(asked, Decider("user:3", second_factor="totp"))


class TestLaws:
    """What the database refuses to everyone."""

    @pytest.mark.parametrize(
        ("statement", "law"),
        [
            ("UPDATE payments_merchantaccount SET advance_limit_minor = 1", "merchant account"),
            ("UPDATE payments_merchantaccount SET is_reserve_for_refunds = true", "merchant acc"),
            ("UPDATE payments_merchantaccount SET reserve_bps = 1, reserve_days = 1", "merchant a"),
            ("UPDATE payments_merchant SET settlement_cycle = 'T+0'", "terms of merchant"),
        ],
    )
    def test_refuses_other_terms_that_nobody_agreed_to(self, either_role, statement, law):
        # Given
        merchant = MerchantFactory()
        open_accounts([merchant.pk], currency="CNY", business_date=THURSDAY)

        # When, Then
        with refused(law):
            run_sql(statement)

    def test_refuses_another_plan(self, either_role):
        # Given
        merchant = MerchantFactory()

        # When, Then
        with refused("were not agreed to by two people"):
            Merchant.objects.filter(pk=merchant.pk).update(fee_plan=FeePlanFactory())

    @every_way
    def test_refuses_a_second_version(self, either_role, write):
        # Given
        plan = FeePlanFactory()

        # When, Then
        with refused("version 2 of fee plan .* was not agreed to"):
            write([FeePlanFactory.build(name=plan.name, version=2)])

    @every_way
    def test_refuses_a_version_in_another_currency(self, either_role, write):
        # Given that two people agreed to it all the same
        plan = FeePlanFactory()
        version = version_agreed_in_brl(plan)

        # When, Then
        with refused("counts in another currency than BRL"):
            write([version])

    @every_way
    @pytest.mark.parametrize(
        "terms",
        [
            {"advance_limit_minor": 1_000_000_000_000},
            {"is_reserve_for_refunds": True},
            {"reserve_bps": 1, "reserve_days": 1},
        ],
    )
    def test_no_account_is_opened_with_terms_of_its_own(self, either_role, write, terms):
        # Given
        merchant = MerchantFactory()
        account = unopened_account(merchant)

        # When, Then
        for name, value in terms.items():
            setattr(account, name, value)
        with refused("terms of merchant account .* were not agreed to by two people"):
            write([account])

    @pytest.mark.django_db
    def test_an_agreement_to_other_values_is_worth_nothing(self, account):
        # Given an approved request about 100
        request = ask(account_terms(account, advance_limit_minor=100))
        agree_past_the_actions(request)

        # When, Then
        with refused("were not agreed to by two people"):
            MerchantAccount.objects.update(advance_limit_minor=101)
        MerchantAccount.objects.update(advance_limit_minor=100)
