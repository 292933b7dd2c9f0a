# ruff: noqa: F811  fixtures are imported
"""A merchant proves who asks for a settlement."""

import pytest

from risk.actions import limits, passwords
from risk.errors import TokenRefusedError
from risk.models import (
    LimitDeed,
    LimitSubject,
    LimitWindow,
    PaymentToken,
)
from risk.pins import PasswordOwner
from settlements.actions import requests
from settlements.errors import (
    SettlementPasswordMissingError,
    SettlementStoppedError,
)
from tests.factories.payments import MemberFactory
from tests.factories.settlements import (
    destination_of,
)
from tests.instants import NEXT_NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.merchant_requests import ADDRESS, PIN, ask, merchant, owner  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def proof(owner, merchant, *, amount_minor: int = 9_700) -> str:
    destination = merchant.destinations.get(is_active=True)
    return passwords.verify_pin(
        owner=owner,
        pin=PIN,
        binding=requests.settlement_binding(amount_minor=amount_minor, destination=destination),
        client_ip=ADDRESS,
        at=NEXT_NOON,
    )


class TestProof:
    def test_a_person_gives_the_proof_of_their_password(self, merchant, owner):
        # When
        settlement = ask(
            merchant, actor=owner.reference, amount_minor=9_700, token=proof(owner, merchant)
        )

        # Then
        assert settlement.requested_by == owner.reference
        assert PaymentToken.objects.get().used_at is not None

    def test_without_it_nothing_is_drafted(self, merchant, owner):
        with nothing_written(), pytest.raises(SettlementPasswordMissingError):
            ask(merchant, actor=owner.reference)

    def test_it_is_worth_nothing_for_another_amount_or_account(self, merchant, owner):
        # Given
        of_other_amount = proof(owner, merchant, amount_minor=9_699)
        of_old_account = proof(owner, merchant)
        destination_of(merchant, account_no="6222020000000000002")

        # When, Then
        for token in (of_other_amount, of_old_account, "made up"):
            with nothing_written(), pytest.raises(TokenRefusedError):
                ask(merchant, actor=owner.reference, token=token)

    def test_it_is_worth_nothing_for_somebody_else(self, merchant, owner):
        # Given
        token = proof(owner, merchant)
        colleague = PasswordOwner.member(MemberFactory(merchant=merchant).pk)

        # When, Then
        with nothing_written(), pytest.raises(TokenRefusedError):
            ask(merchant, actor=colleague.reference, token=token)

    def test_a_refusal_leaves_it_unused(self, merchant, owner):
        # Given
        token = proof(owner, merchant)
        limits.set_limit(
            deed=LimitDeed.SETTLEMENT,
            subject_kind=LimitSubject.MERCHANT,
            subject_id=merchant.pk,
            window=LimitWindow.TRANSACTION,
            currency="CNY",
            value_minor=9_000,
            actor="user:5",
            at=NEXT_NOON,
        )

        # When
        with nothing_written(), pytest.raises(SettlementStoppedError):
            ask(merchant, actor=owner.reference, token=token)

        # Then
        assert PaymentToken.objects.get().used_at is None
