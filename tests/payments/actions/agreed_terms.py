"""What the tests of terms and their neighbours share."""

import pytest

from ledger.actions.approvals import Decider
from ledger.models import ApprovalRequest
from payments.actions.merchants import open_accounts
from payments.actions.terms import approve_terms, request_terms
from payments.models import Merchant, MerchantAccount
from payments.terms import AccountTerms, Terms
from tests.factories.payments import MerchantFactory
from tests.instants import NEXT_NOON, NOON, THURSDAY

MAKER, CHECKER = "user:1", Decider("user:2", second_factor="totp")


def ask(terms: Terms, **other) -> ApprovalRequest:
    return request_terms(terms, **{"actor": MAKER, "at": NOON, "reason": "agreed", **other})


def approve(request: ApprovalRequest, decider: Decider = CHECKER) -> ApprovalRequest:
    shown = bytes(request.digest)
    return approve_terms(request.pk, shown_digest=shown, decider=decider, at=NEXT_NOON)


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


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory()


@pytest.fixture
def account(merchant) -> MerchantAccount:
    open_accounts([merchant.pk], currency="CNY", business_date=THURSDAY)
    return merchant.accounts.get()
