"""Writing the file that asks the bank to pay, and keeping it readable to nobody else."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from ledger import encryption
from ledger.actions.audit import record_audit
from payments.channels.bank import payment_file
from payments.models import ChannelAccount
from settlements.models import Destination, PaymentFile, Payout
from settlements.queries.destinations import account_number_of
from settlements.queries.payouts import payment_file_content


def write_payment_file(
    bank_account: ChannelAccount,
    *,
    payouts: Sequence[Payout],
    execution_date: date,
    at: datetime,
) -> PaymentFile:
    """Render one pain.001 of the payouts and keep it encrypted. A part.

    Each payout carries its settlement. Raises DecryptionError or PaymentFileError when a row
    cannot be paid as it is; nothing is written then.
    """
    assert connection.in_atomic_block, "write_payment_file is a part"
    destinations = Destination.objects.in_bulk([payout.destination_id for payout in payouts])
    file = PaymentFile(
        bank_account=bank_account,
        execution_date=execution_date,
        payout_count=len(payouts),
        total_minor=sum(payout.amount_minor for payout in payouts),
        currency=bank_account.currency,
        created_at=at,
    )
    file.message_id = file.pk.replace("_", "").upper()
    content = payment_file.render_payment_file(
        payment_file.PaymentFile(
            message_id=file.message_id,
            created_at=at,
            execution_date=execution_date,
            currency=file.currency,
            debtor_name=bank_account.name,
            debtor_account=bank_account.merchant_no,
            debtor_bank_code=bank_account.agent_code,
            transfers=tuple(_transfer(payout, destinations=destinations) for payout in payouts),
        )
    )
    file.sha256 = hashlib.sha256(content).digest()
    file.content_encrypted = encryption.encrypt(content.decode("utf-8"), aad=file.content_place)
    file.save(force_insert=True)
    return file


@transaction.atomic(durable=True)
def hand_out_payment_file(
    file_id: str,
    *,
    actor: str,
    at: datetime,
) -> bytes:
    """Return a file's bytes for the bank, and keep in the audit trail who took them.

    Raises PaymentFile.DoesNotExist, or DecryptionError when the bytes were changed; nothing is
    written then.
    """
    file = PaymentFile.objects.get(pk=file_id)
    content = payment_file_content(file)
    record_audit(
        action="payment_file.downloaded",
        subject=file.pk,
        actor=actor,
        at=at,
        after={"message_id": file.message_id, "sha256": bytes(file.sha256).hex()},
    )
    return content


def _transfer(payout: Payout, *, destinations: dict[str, Destination]) -> payment_file.Transfer:
    settlement = payout.settlement
    assert payout.destination_id is not None, "what was approved has its destination"
    destination = destinations[payout.destination_id]
    return payment_file.Transfer(
        end_to_end_id=payout.operation.channel_no,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        creditor_name=destination.holder_name,
        creditor_account=account_number_of(destination),
        creditor_bank_code=destination.bank_code,
        remittance_text=f"{settlement.pk} {settlement.business_date:%Y-%m-%d}",
    )
