"""The payer's card of another way for a refund: sealed, bound to what people agree to, opened.

Number and holder are encrypted and forgotten when the way ends. Their keyed index stays: it is in
what two people agree to, so that nothing else than what they saw is ordered.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from ledger import encryption
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from payments.errors import RemedyAccountError, RemedyNotAskedError
from payments.models import RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus

ACCOUNT_DIGITS_MIN, ACCOUNT_DIGITS_MAX = 8, 32
HOLDER_LENGTH_MAX = 60

_PURPOSE = "refund_remedy.card"


@dataclass(frozen=True, slots=True)
class PayerCard:
    """A bank card of the payer's: the channel's word for the bank, the account, and its holder."""

    bank: str
    account: str = field(repr=False)
    holder_name: str = field(repr=False)


def seal(remedy: RefundRemedy, card: PayerCard) -> None:
    """Keep the payer's account in a way that is not written yet. Raises RemedyAccountError."""
    digits = card.account.replace(" ", "")
    is_account = digits.isascii() and digits.isdigit()
    is_account = is_account and ACCOUNT_DIGITS_MIN <= len(digits) <= ACCOUNT_DIGITS_MAX
    holder = card.holder_name.strip()
    if not (is_account and holder and len(holder) <= HOLDER_LENGTH_MAX and card.bank.strip()):
        raise RemedyAccountError
    remedy.bank = card.bank.strip()
    remedy.account_tail = digits[-4:]
    remedy.account_encrypted = encryption.encrypt(digits, aad=_place(remedy, "account"))
    remedy.holder_encrypted = encryption.encrypt(holder, aad=_place(remedy, "holder"))
    remedy.card_index = encryption.blind_index(_text(digits, holder), purpose=_PURPOSE)


def opened(remedy: RefundRemedy) -> PayerCard:
    """Return the card that people agree to, in clear; ways to our own have none.

    Raises DecryptionError for what was changed or copied from another row, or StaleApprovalError
    for another card than the one whose index is in what people agree to.
    """
    if remedy.kind != RemedyKind.PAYER_CARD:
        return PayerCard("", "", "")
    account, holder = (
        encryption.decrypt(getattr(remedy, f"{what}_encrypted"), aad=_place(remedy, what))
        for what in ("account", "holder")
    )
    agreed = bytes(remedy.card_index)
    candidates = encryption.blind_index_candidates(_text(account, holder), purpose=_PURPOSE)
    # Ways that were asked for before the index was kept have none.
    if agreed and agreed not in candidates:
        raise StaleApprovalError(object_id=remedy.pk)
    return PayerCard(remedy.bank, account, holder)


@transaction.atomic(durable=True)
def look_at_card(
    remedy_id: str, *, actor: str, at: datetime, client_ip: str | None = None, request_id: str = ""
) -> PayerCard:
    """Open the card for a person who is to agree to it; the audit trail keeps who looked.

    Each look is kept. Raises RemedyNotAskedError when no card waits for people, and what `opened`
    raises; nothing is written then.
    """
    remedy = RefundRemedy.objects.filter(
        pk=remedy_id, kind=RemedyKind.PAYER_CARD, status=RemedyStatus.PENDING_APPROVAL
    ).first()
    if remedy is None:
        raise RemedyNotAskedError
    card = opened(remedy)
    record_audit(
        action="refund_remedy.card_shown",
        subject=remedy.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        after={"refund": remedy.refund_id, "account_tail": remedy.account_tail},
    )
    return card


def _text(digits: str, holder: str) -> str:
    """Write number and holder as one text; a number has no line break."""
    return f"{digits}\n{holder}"


def _place(remedy: RefundRemedy, what: str) -> str:
    """Name where a secret of a way is kept, to which its encryption is bound."""
    return f"payments_refundremedy|{what}_encrypted|{remedy.pk}"
