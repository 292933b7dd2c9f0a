"""Registering where a merchant's money goes."""

import re
from datetime import UTC, date, datetime

from django.db import transaction

from ledger import encryption
from ledger.actions.audit import record_audit
from ledger.money import exponent
from payments.actions.events import record_event
from payments.channels.bank import payment_file
from payments.channels.base import kept_text
from settlements import account_numbers, locks
from settlements.errors import InvalidAccountNumberError, InvalidDestinationError
from settlements.models import AccountType, Destination, DestinationKind

HOLDER_LENGTH_MAX = 70
LOGON_ID_LENGTH_MAX = 64

# An e-mail address or a phone number, with its country outside the mainland: 86-13800138000.
_LOGON_ID = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|\+?[0-9-]{6,20}")
# Alipay's 2088 and twelve digits, or an open id.
_USER_ID = re.compile(r"2088[0-9]{12}|[A-Za-z0-9_-]{16,64}")


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
    kind: DestinationKind = DestinationKind.BANK,
    account_type: str = "",
) -> Destination:
    """Register the account to which a merchant's money of one currency goes from now on.

    It replaces the active one, which stays as it was for what has been paid. For a bank account
    `bank_code` is a CNAPS number or a BIC; it may be empty for an IBAN. For an Alipay account
    `account_no` is the login or the user id, as `account_type` says, and there is no bank.
    Settlements that were approved for the old account are not paid: their approval is about
    something else.

    Raises InvalidAccountNumberError, InvalidDestinationError or UnknownCurrencyError; nothing is
    written then.
    """
    exponent(currency)
    if kind == DestinationKind.BANK:
        number, account_type = account_numbers.normalised(account_no), ""
        _require_payable(number, holder_name=holder_name, bank_name=bank_name, bank_code=bank_code)
    else:
        number, bank_name, bank_code = account_no.strip(), "", ""
        _require_reachable(number, account_type=account_type, holder_name=holder_name)
    old = locks.locked_active_destination(merchant_id, currency=currency)
    destination = Destination(
        merchant_id=merchant_id,
        kind=kind,
        currency=currency,
        holder_name=holder_name,
        bank_name=bank_name,
        bank_code=bank_code,
        account_type=account_type,
        account_tail=number[-4:],
        account_index=encryption.blind_index(number, purpose="destination.account"),
        version=1 if old is None else old.version + 1,
        created_at=at,
    )
    _replace(old, destination, number=number)
    _tell(old, destination, actor=actor, at=at)
    return destination


def _replace(old: Destination | None, new: Destination, *, number: str) -> None:
    """Put the new account in the place of the old one; its number is bound to its row."""
    if old is not None:
        old.is_active = False
        old.save(update_fields=["is_active"])
    new.account_encrypted = encryption.encrypt(number, aad=new.account_place)
    new.save(force_insert=True)


def _tell(old: Destination | None, new: Destination, *, actor: str, at: datetime) -> None:
    """Write the event and the audit row; of the number only its end."""
    facts = {"merchant": new.merchant_id, "currency": new.currency, "version": new.version}
    record_audit(
        action="destination.registered",
        subject=new.pk,
        actor=actor,
        at=at,
        before={} if old is None else {"destination": old.pk, "account_tail": old.account_tail},
        after={**facts, "kind": new.kind, "account_tail": new.account_tail},
    )
    record_event(kind="destination.registered", subject=new.pk, at=at, payload=facts)


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


def _require_reachable(number: str, *, account_type: str, holder_name: str) -> None:
    """Refuse what could not be written into a transfer: nobody could be paid there."""
    if account_type not in AccountType.values or not _is_plain(holder_name, HOLDER_LENGTH_MAX):
        raise InvalidDestinationError
    pattern = _USER_ID if account_type == AccountType.USER_ID else _LOGON_ID
    if pattern.fullmatch(number) is None or len(number) > LOGON_ID_LENGTH_MAX:
        raise InvalidAccountNumberError


def _is_plain(text: str, length_max: int) -> bool:
    """Tell whether a text is there, short enough, and can be sent exactly as it is."""
    return bool(text.strip()) and kept_text(text, length_max=length_max) == text


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
