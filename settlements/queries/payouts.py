"""Questions about payouts and the files that carry them."""

from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet

from ledger import encryption
from payments.models import ChannelKind, ChannelOperation, OperationKind
from payments.queries.operations import operations_due
from payments.states import OperationStatus
from settlements.models import PaymentFile, Payout
from settlements.states import CONTRADICTED, PayoutStatus

IN_TRANSIT = (
    PayoutStatus.EXPORTED,
    PayoutStatus.PROCESSING,
    PayoutStatus.AWAITING_RECIPIENT,
    PayoutStatus.UNKNOWN,
    PayoutStatus.MANUAL_REVIEW,
)
"""States in which the bank has the order and nobody knows the end of it."""


def payment_file_content(file: PaymentFile) -> bytes:
    """Return the bytes of a payment file, for the bank alone: they name account numbers.

    Raises DecryptionError if they were changed or copied from another row.
    """
    return encryption.decrypt(file.content_encrypted, aad=file.content_place).encode("utf-8")


def payouts_awaiting_export(bank_account_id: str | None = None) -> QuerySet[Payout]:
    """Return the payouts that wait for a file, of one bank account of ours or of all."""
    payouts = Payout.objects.filter(
        status=PayoutStatus.QUEUED, operation__channel_account__channel=ChannelKind.BANK
    )
    if bank_account_id is not None:
        payouts = payouts.filter(operation__channel_account_id=bank_account_id)
    return payouts.select_related("settlement__merchant", "operation").order_by("pk")


def newest_payout(settlement_id: str) -> Payout | None:
    """Return the last try to pay a settlement, with its order and where it went."""
    return (
        Payout.objects.filter(settlement_id=settlement_id)
        .select_related("operation__channel_account", "destination")
        .order_by("-created_at", "-pk")
        .first()
    )


def contradicted_among(settlement_ids: Collection[str]) -> set[str]:
    """Return those settlements of which any payout failed and is said to be made after all."""
    return set(
        Payout.objects.filter(
            settlement_id__in=settlement_ids, status_code=CONTRADICTED
        ).values_list("settlement_id", flat=True)
    )


def transfers_due(*, limit: int) -> Sequence[ChannelOperation]:
    """Return the orders of transfers that somebody has to look after now, longest waiting first.

    By the database's clock: whose next question is due or whose sender died, and those that wait
    to be sent from an account that is switched on, also if their job was lost. Payouts by file
    are not among them: nobody asks the bank, it reports.
    """
    is_sendable = Q(channel_account__is_enabled=True, channel_account__can_transfer=True)
    among = ~Q(channel_account__channel=ChannelKind.BANK) & (
        ~Q(status=OperationStatus.PREPARED) | is_sendable
    )
    return operations_due(OperationKind.PAYOUT, limit=limit, among=among)


def payouts_in_transit() -> QuerySet[Payout]:
    """Return the payouts that the bank has and has not answered for, oldest first."""
    return (
        Payout.objects.filter(status__in=IN_TRANSIT)
        .select_related("settlement__merchant", "operation", "payment_file")
        .defer("payment_file__content_encrypted")
        .order_by("created_at", "pk")
    )


def payouts_unconfirmed() -> QuerySet[Payout]:
    """Return the payouts reported as done whose debit no statement of the bank has shown yet."""
    return (
        Payout.objects.filter(status=PayoutStatus.SUCCEEDED, confirmed_entry=None)
        .select_related("settlement__merchant", "operation")
        .order_by("finished_at", "pk")
    )
