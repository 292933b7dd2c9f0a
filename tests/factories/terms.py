"""Other terms, as two people agree to them."""

from dataclasses import fields

from ledger.actions.approvals import Decider
from payments.actions.terms import approve_terms, request_terms
from payments.models import FeePlan, Merchant, MerchantAccount
from payments.terms import AccountTerms, MerchantTerms, Terms
from tests.instants import NOON

MAKER, CHECKER = "user:901", "user:902"


def agree(terms: Terms) -> None:
    """Let one person ask for terms and another agree to them, at noon."""
    request = request_terms(terms, actor=MAKER, at=NOON, reason="as agreed")
    approve_terms(
        request.pk,
        shown_digest=bytes(request.digest),
        decider=Decider(CHECKER, second_factor="totp"),
        at=NOON,
    )


def put_on_plan(merchant: Merchant, plan: FeePlan) -> None:
    """Put a merchant on another plan; the merchant at hand knows it as well."""
    agree(MerchantTerms(merchant.pk, plan.pk, merchant.settlement_cycle))
    merchant.fee_plan = plan


def give_account_terms(merchant: Merchant, *, currency: str = "CNY", **terms: object) -> None:
    """Give a merchant's account other terms, by name; what is not named stays."""
    account = MerchantAccount.objects.get(merchant=merchant, currency=currency)
    names = [field.name for field in fields(AccountTerms) if field.name != "merchant_id"]
    known = {name: getattr(account, name) for name in names}
    if (wanted := {**known, **terms}) != known:
        agree(AccountTerms(merchant.pk, **wanted))
