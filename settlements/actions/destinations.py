"""Registering where a merchant's money goes."""

from datetime import UTC, date, datetime

from django.db import transaction

from ledger import encryption
from ledger.actions.audit import record_audit
from ledger.money import exponent
from payments.actions.events import record_event
from payments.channels.bank import payment_file
from settlements import account_numbers, locks
from settlements.errors import InvalidAccountNumberError, InvalidDestinationError
from settlements.models import Destination

HOLDER_LENGTH_MAX = 70


@transaction.atomic(durable=True)
def register_destination(
    *,
    merchant_id: str,
    currency: str,
    holder_name: str,
    bank_name: str,
    bank_code: str,
    account_no: str,
    actor: str,
    at: datetime,
) -> Destination:
    """Register the bank account to which a merchant's money of one currency goes from now on.

    It replaces the active one, which stays as it was for what has been paid. `bank_code` is a
    CNAPS number or a BIC; it may be empty for an IBAN. Settlements that were approved for the
    old account are not paid: their approval is about something else.

    Raises InvalidAccountNumberError, InvalidDestinationError or UnknownCurrencyError; nothing is
    written then.
    """
    number = account_numbers.normalised(account_no)
    exponent(currency)
    _require_payable(number, holder_name=holder_name, bank_name=bank_name, bank_code=bank_code)
    old = locks.locked_active_destination(merchant_id, currency=currency)
    if old is not None:
        old.is_active = False
        old.save(update_fields=["is_active"])
    destination = Destination(
        merchant_id=merchant_id,
        currency=currency,
        holder_name=holder_name,
        bank_name=bank_name,
        bank_code=bank_code,
        account_tail=number[-4:],
        account_index=encryption.blind_index(number, purpose="destination.account"),
        version=1 if old is None else old.version + 1,
        created_at=at,
    )
    destination.account_encrypted = encryption.encrypt(number, aad=destination.account_place)
    destination.save(force_insert=True)
    record_audit(
        action="destination.registered",
        subject=destination.pk,
        actor=actor,
        at=at,
        before={} if old is None else {"destination": old.pk, "account_tail": old.account_tail},
        after={
            "merchant": merchant_id,
            "currency": currency,
            "version": destination.version,
            "account_tail": destination.account_tail,
        },
    )
    record_event(
        kind="destination.registered",
        subject=destination.pk,
        at=at,
        payload={"merchant": merchant_id, "currency": currency, "version": destination.version},
    )
    return destination


def _require_payable(number: str, *, holder_name: str, bank_name: str, bank_code: str) -> None:
    """Refuse what could not be written into a payment file: nobody could be paid there."""
    if len(holder_name) > HOLDER_LENGTH_MAX or len(bank_name) > HOLDER_LENGTH_MAX:
        raise InvalidDestinationError
    try:
        payment_file.render_payment_file(_trial(number, holder_name, bank_code))
    except payment_file.PaymentFileError as error:
        if error.field == "creditor_account":
            raise InvalidAccountNumberError from error
        raise InvalidDestinationError from error


def _trial(number: str, holder_name: str, bank_code: str) -> payment_file.PaymentFile:
    transfer = payment_file.Transfer(
        end_to_end_id="TRIAL",
        amount_minor=1,
        currency="CNY",
        creditor_name=holder_name,
        creditor_account=number,
        creditor_bank_code=bank_code,
    )
    return payment_file.PaymentFile(
        message_id="TRIAL",
        created_at=datetime(2000, 1, 1, tzinfo=UTC),
        execution_date=date(2000, 1, 1),
        currency="CNY",
        debtor_name="TRIAL",
        debtor_account="TRIAL",
        debtor_bank_code="000000000000",
        transfers=(transfer,),
    )
