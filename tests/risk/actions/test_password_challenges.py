"""Where risk asks for the payment password, and what a challenge leaves behind."""

import dataclasses
from collections.abc import Callable

import pytest
from django.utils import translation

from payments.screening import ScreeningRequest, Verdict
from risk import engine, findings
from risk.actions import screenings
from risk.models import Screening
from risk.pins import TokenBinding
from risk.rules.base import Facts, Finding, Rule
from tests.factories.passwords import password_of, payers_password, tokens_of, typed
from tests.factories.risk import PayerFactory, asked_payment, used_minor

pytestmark = pytest.mark.django_db


def with_token(asked: ScreeningRequest, token: str) -> ScreeningRequest:
    """Return the same request with a token of the payer's."""
    return dataclasses.replace(asked, token=token)


def token_for(asked: ScreeningRequest, *, owner) -> str:
    """Let the payer type their password for what is asked."""
    binding = TokenBinding(
        deed="payment",
        subject=asked.payment_id,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        payees=asked.merchant_ids,
    )
    return typed(owner, binding=binding)


def answer(asked: ScreeningRequest) -> tuple[str, str]:
    """Judge it and return the verdict with its code."""
    judgement = screenings.screen_payment(asked)
    return judgement.verdict, judgement.code


CHALLENGED = (Verdict.CHALLENGE, "password.required")
ALLOWED = (Verdict.ALLOW, "")


def test_a_payer_who_has_set_one_is_asked_and_no_limit_is_used():
    # Given
    owner = payers_password()

    # When
    answered = answer(asked_payment(payer_id=owner.id))

    # Then
    assert answered == CHALLENGED
    assert used_minor(owner.id) is None
    [row] = Screening.objects.all()
    assert (row.verdict, row.consumed) == ("challenge", [])


def test_with_their_token_it_goes_and_is_counted_and_the_token_is_used():
    # Given
    owner = payers_password()
    asked = asked_payment(payer_id=owner.id)
    token = token_for(asked, owner=owner)

    # When
    answered = answer(with_token(asked, token))

    # Then
    assert answered == ALLOWED
    assert used_minor(owner.id) == 10_000
    assert tokens_of(owner)[0].used_at is not None
    said = [found["code"] for found in Screening.objects.get().findings]
    assert "password.given" in said
    assert answer(with_token(asked_payment(payer_id=owner.id), token)) == CHALLENGED


@pytest.mark.parametrize(
    "changed",
    [
        {"payment_id": "pay_other"},
        {"amount_minor": 10_001},
        {"currency": "JPY"},
        {"merchant_ids": ("mer_other",)},
    ],
)
def test_a_token_for_anything_else_is_no_answer(changed):
    owner = payers_password()
    asked = asked_payment(payer_id=owner.id)
    token = token_for(asked, owner=owner)

    assert answer(dataclasses.replace(asked, token=token, **changed)) == CHALLENGED
    assert tokens_of(owner)[0].used_at is None


def test_a_payer_without_one_goes_as_before():
    assert answer(asked_payment(payer_id=PayerFactory().pk)) == ALLOWED


def test_above_the_amount_of_the_settings_everybody_needs_one(settings):
    settings.PAYMENT_PASSWORD_ABOVE = {"CNY": 20_000}
    payer_id = PayerFactory().pk

    assert answer(asked_payment(payer_id=payer_id, amount_minor=20_001)) == CHALLENGED
    assert answer(asked_payment(payer_id=payer_id, amount_minor=20_000)) == ALLOWED
    assert answer(asked_payment(payer_id=payer_id, amount_minor=20_001, currency="JPY")) == ALLOWED


def test_behind_a_payment_link_nobody_is_asked(settings):
    settings.PAYMENT_PASSWORD_ABOVE = {"CNY": 1}
    owner = payers_password()
    asked = asked_payment(payer_id=None)

    assert answer(asked) == ALLOWED
    assert answer(with_token(asked, token_for(asked, owner=owner))) == ALLOWED


def test_after_a_reset_it_is_asked_for_still():
    owner = payers_password()
    row = password_of(owner)
    type(row).objects.filter(pk=row.pk).update(version=2)

    assert answer(asked_payment(payer_id=owner.id)) == CHALLENGED


def test_what_is_over_a_limit_is_denied_and_no_password_helps():
    owner = payers_password()

    assert answer(asked_payment(payer_id=owner.id, amount_minor=100_001)) == (
        Verdict.DENY,
        "limit.platform.transaction",
    )


class TestOtherRules:
    @pytest.fixture
    def says(self, monkeypatch) -> Callable[[Verdict], None]:
        """Let one more rule say something, unless the payer has proved who they are."""

        def speak(verdict: Verdict) -> None:
            def find(facts: Facts) -> list[Finding]:
                met = facts.is_proven and verdict == Verdict.CHALLENGE
                return [Finding("other", 1, Verdict.ALLOW if met else verdict, "other.code", {})]

            monkeypatch.setattr(engine, "RULES", (Rule("other", 1, find), *engine.RULES))

        return speak

    def test_that_ask_who_is_there_ask_for_the_password(self, says):
        says(Verdict.CHALLENGE)

        assert answer(asked_payment(payer_id=PayerFactory().pk)) == CHALLENGED

        owner = payers_password()
        asked = asked_payment(payer_id=owner.id)
        assert answer(with_token(asked, token_for(asked, owner=owner))) == ALLOWED

    def test_that_send_to_review_do_so_after_the_password(self, says):
        says(Verdict.REVIEW)
        owner = payers_password()
        asked = asked_payment(payer_id=owner.id)

        assert answer(asked) == CHALLENGED
        assert used_minor(owner.id) is None
        assert answer(with_token(asked, token_for(asked, owner=owner))) == (
            Verdict.REVIEW,
            "other.code",
        )
        assert used_minor(owner.id) == 10_000


def test_it_is_said_in_a_sentence():
    with translation.override("en"):
        said = findings.words("password.required", {})

    assert said == "The payer has to type the payment password."
