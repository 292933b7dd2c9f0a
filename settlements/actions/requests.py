"""A merchant asks for their own settlement: everything available, now, to their own account."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from ledger.actions.audit import record_audit
from ledger.money import exponent, to_decimal_text
from payments.models import MerchantAccount, MerchantMember
from payments.queries.calendar import business_date_of
from payments.screening import Verdict
from risk.actions import passwords
from risk.errors import PasswordFrozenError
from risk.pins import SETTLEMENT, PasswordOwner, TokenBinding
from risk.queries.passwords import frozen_until
from settlements import locks
from settlements.actions import drafting, judgements
from settlements.errors import (
    AmountNotAvailableError,
    DestinationChangedError,
    NoDestinationError,
    NothingAvailableError,
    SettlementNumberTakenError,
    SettlementPasswordMissingError,
)
from settlements.models import Destination, Settlement
from settlements.queries.requests import Quote, quote

MEMBER: Final = "member:"
"""What the actor of a person in the portal begins with; the key of their membership follows."""


@transaction.atomic(durable=True)
def request_own_settlement(
    *,
    merchant_id: str,
    currency: str,
    amount_minor: int | None,
    merchant_settlement_no: str,
    actor: str,
    client_ip: str | None,
    token: str | None,
    at: datetime,
    destination_id: str | None = None,
) -> Settlement:
    """Draft a settlement as a person asks in the portal, once per number.

    Raises what `request_settlement` raises; nothing is written then.
    """
    return request_settlement(
        merchant_id=merchant_id,
        currency=currency,
        amount_minor=amount_minor,
        merchant_settlement_no=merchant_settlement_no,
        actor=actor,
        client_ip=client_ip,
        token=token,
        at=at,
        destination_id=destination_id,
    )


def request_settlement(
    *,
    merchant_id: str,
    currency: str,
    amount_minor: int | None,
    merchant_settlement_no: str,
    actor: str,
    client_ip: str | None,
    token: str | None,
    at: datetime,
    destination_id: str | None = None,
) -> Settlement:
    """Draft a settlement of everything that is available to a merchant, as they ask. A part.

    `amount_minor`, if given, must be exactly what would be paid out, after the payout fee, and
    `destination_id` the account that it would go to. A person (`member:…`) gives the `token` that
    their settlement password yielded for it (`settlement_binding`); a credential is its own proof.
    The settlement then waits for two people, as any other.

    Raises UnknownCurrencyError, SettlementNumberTakenError, PasswordFrozenError, TokenRefusedError,
    NothingAvailableError, NoDestinationError, DestinationChangedError, AmountNotAvailableError,
    SettlementPasswordMissingError or SettlementStoppedError; nothing is written then.
    """
    assert connection.in_atomic_block, "request_settlement is a part"
    exponent(currency)
    _require_not_frozen(merchant_id)
    # Under this lock a number is not taken twice, and no money is promised twice.
    account = _locked_account(merchant_id, currency=currency)
    _require_new_number(merchant_id, merchant_settlement_no)
    day = business_date_of(at)
    offer = quote(account, business_date=day)
    destination = _agreed(offer, amount_minor=amount_minor, destination_id=destination_id)
    _use_proof(offer, destination, actor=actor, token=token)

    draft = drafting.plan(
        account,
        offer.taken_lines,
        destination=destination,
        payout_fee_minor=offer.payout_fee_minor,
        business_date=day,
        at=at,
        merchant_settlement_no=merchant_settlement_no,
        requested_by=actor,
    )
    drafting.write([draft], at=at)
    judgement = judgements.judge(draft.settlement, client_ip=client_ip, at=at)
    if judgement.verdict != Verdict.ALLOW:
        raise judgements.stopped(judgement)
    _tell(draft.settlement, actor=actor, client_ip=client_ip, at=at)
    return draft.settlement


def settlement_binding(*, amount_minor: int, destination: Destination) -> TokenBinding:
    """Return what a proof of the settlement password is bound to: whose money, how much, where."""
    return TokenBinding(
        deed=SETTLEMENT,
        subject=destination.merchant_id,
        amount_minor=amount_minor,
        currency=destination.currency,
        payees=(destination.pk,),
        version=str(destination.version),
    )


def _require_not_frozen(merchant_id: str) -> None:
    """Refuse while the payouts of any of the merchant's people rest after a reset."""
    for membership_id in MerchantMember.objects.filter(merchant_id=merchant_id).values_list(
        "pk", flat=True
    ):
        until = frozen_until(PasswordOwner.member(membership_id))
        if until is not None:
            raise PasswordFrozenError(until=until)


def _locked_account(merchant_id: str, *, currency: str) -> MerchantAccount:
    try:
        return locks.locked_merchant_account(merchant_id, currency=currency)
    except MerchantAccount.DoesNotExist as error:
        raise NothingAvailableError(currency=currency) from error


def _require_new_number(merchant_id: str, merchant_settlement_no: str) -> None:
    if Settlement.objects.filter(
        merchant_id=merchant_id, merchant_settlement_no=merchant_settlement_no
    ).exists():
        raise SettlementNumberTakenError(merchant_settlement_no=merchant_settlement_no)


def _agreed(offer: Quote, *, amount_minor: int | None, destination_id: str | None) -> Destination:
    """Return where the money goes, if what is asked for is what can be had."""
    if offer.net_minor <= 0:
        raise NothingAvailableError(currency=offer.currency)
    if offer.destination is None:
        raise NoDestinationError(currency=offer.currency)
    if destination_id is not None and destination_id != offer.destination.pk:
        raise DestinationChangedError
    if amount_minor is not None and amount_minor != offer.net_minor:
        raise AmountNotAvailableError(
            available=to_decimal_text(offer.net_minor, offer.currency), currency=offer.currency
        )
    return offer.destination


def _use_proof(offer: Quote, destination: Destination, *, actor: str, token: str | None) -> None:
    """Use a person's proof up; a credential is its own proof."""
    if not actor.startswith(MEMBER):
        return
    if token is None:
        raise SettlementPasswordMissingError
    passwords.consume_token(
        token,
        owner=PasswordOwner.member(int(actor.removeprefix(MEMBER))),
        binding=settlement_binding(amount_minor=offer.net_minor, destination=destination),
    )


def _tell(settlement: Settlement, *, actor: str, client_ip: str | None, at: datetime) -> None:
    drafting.tell(settlement, at=at)
    record_audit(
        action="settlement.requested",
        subject=settlement.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        after={
            "merchant": settlement.merchant_id,
            "number": settlement.merchant_settlement_no,
            "net": settlement.net_minor,
            "currency": settlement.currency,
            "destination": settlement.destination_id,
        },
    )
