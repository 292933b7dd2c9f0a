# ruff: noqa: F811  fixtures are imported
"""Terms change by two people, and the database keeps it so."""

import pytest

from ledger import chart
from ledger.actions.approvals import LIFETIME, Decider, digest_of
from ledger.errors import (
    AlreadyDecidedError,
    ApprovalClosedError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import Account, ApprovalRequest, AuditEntry
from payments.actions.merchants import open_accounts
from payments.actions.terms import approve_terms, reject_terms, withdraw_terms
from payments.errors import (
    TermsNotAskedError,
    TermsReasonMissingError,
    TermsUnchangedError,
)
from payments.models import FeePlan, Merchant, MerchantAccount
from tests.factories.payments import FeePlanFactory, MerchantFactory
from tests.instants import NEXT_NOON, NOON, THURSDAY
from tests.payments.actions.agreed_terms import (  # noqa: F401
    CHECKER,
    MAKER,
    account,
    account_terms,
    approve,
    ask,
    merchant,
)
from tests.rig.attacks import every_way, refused, run_sql
from tests.rig.rows import nothing_written


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
