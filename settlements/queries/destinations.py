"""Questions about where money goes."""

from django.db.models import QuerySet

from ledger import encryption
from settlements.models import Destination


def active_destination(merchant_id: str, *, currency: str) -> Destination | None:
    """Return the account to which a merchant's money of a currency goes now, if there is one."""
    return Destination.objects.filter(
        merchant_id=merchant_id, currency=currency, is_active=True
    ).first()


def destinations_of(merchant_id: str) -> QuerySet[Destination]:
    """Return all accounts a merchant ever had, the active ones first, then the newest."""
    return Destination.objects.filter(merchant_id=merchant_id).order_by(
        "-is_active", "-created_at", "-pk"
    )


def account_number_of(destination: Destination) -> str:
    """Return the account number in clear, for the payment file only.

    Raises DecryptionError if it was changed or copied from another row.
    """
    return encryption.decrypt(destination.account_encrypted, aad=destination.account_place)
