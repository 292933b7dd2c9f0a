"""Say what a bill reads like, whoever wrote it, and why one can be refused.

A craft: bytes in, lines out; no database. What a line means for the books is decided by the
actions that import it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class Direction(StrEnum):
    """Which way money went, seen from our account."""

    CREDIT = "credit"
    DEBIT = "debit"


class TransferOutcome(StrEnum):
    """What a bank's report says of a transfer. All but `processing` is the end of it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PROCESSING = "processing"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BillLine:
    """One booked movement on our account.

    `amount_minor` is positive; `direction` says which way it went, also for a reversal.
    `end_to_end_id` is our own number where the bank hands it back. `booking_date` is the bank's
    local day, or none where the bank leaves it out. `code` is the bank's word for the kind of
    movement: `PMNT/ICDT/DMCT`, or a code of its own.
    """

    line_no: int
    amount_minor: int
    currency: str
    direction: Direction
    is_reversal: bool
    booking_date: date | None
    bank_reference: str
    end_to_end_id: str
    reason_code: str
    remittance_text: str
    code: str

    @property
    def signed_minor(self) -> int:
        """The amount as it changed the balance: above zero when money came."""
        return self.amount_minor if self.direction is Direction.CREDIT else -self.amount_minor


@dataclass(frozen=True, slots=True)
class BankStatement:
    """The movements on one account between two balances; they are proved to fit together.

    Balances are in minor units of `currency`, below zero when the account is overdrawn.
    `entries_left_out` counts what the bank mentions without having booked an amount.
    """

    message_id: str
    statement_id: str
    account_no: str
    currency: str
    opening_minor: int
    closing_minor: int
    from_date: date | None
    to_date: date | None
    lines: tuple[BillLine, ...]
    entries_left_out: int


@dataclass(frozen=True, slots=True)
class TransferResult:
    """What a bank reports of one transfer; `status` is its ISO code as it came.

    The amount is there only where the bank repeats it.
    """

    end_to_end_id: str
    status: str
    outcome: TransferOutcome
    reason_code: str = ""
    text: str = ""
    amount_minor: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """What a bank reports of one payment file of ours.

    `group_status` is about the whole file and may be empty; `group_outcome` is none where it is
    or where the transfers differ (`PART`). A file that is refused whole may list no transfers.
    """

    message_id: str
    original_message_id: str
    group_status: str
    group_outcome: TransferOutcome | None
    group_reason_code: str
    group_text: str
    results: tuple[TransferResult, ...]


class BillError(DomainError):
    """A bill was refused whole; nothing was booked or kept. Get the right file."""

    code = "bill_refused"
    status = 422
    detail = _("The file was refused. Nothing was booked.")


class BillTooLargeError(BillError):
    """The file is larger than we read; nothing was booked. Ask the bank for shorter periods."""

    code = "bill_too_large"
    detail = _("The file is larger than %(limit_mib)s MiB. Nothing was booked.")


class BillUnreadableError(BillError):
    """The file is no XML that we read, or it was cut; nothing was booked. Fetch it again."""

    code = "bill_unreadable"
    detail = _("The file is not readable XML: %(reason)s. Nothing was booked.")


class BillUnsafeError(BillUnreadableError):
    """The file has a document type or entities, which no bank sends; nothing was booked."""

    code = "bill_unsafe"
    detail = _(
        "The file declares a document type or entities, as no bank does. Nothing was booked."
    )


class BillUnsupportedError(BillError):
    """The file is another message than expected here; nothing was booked."""

    code = "bill_unsupported"
    detail = _("The file is %(found)s, but %(expected)s is expected. Nothing was booked.")


class BillInvalidError(BillError):
    """Something that decides is missing or garbled in the file; nothing was booked."""

    code = "bill_invalid"
    detail = _("In the file, %(place)s is missing or wrong: %(found)s. Nothing was booked.")


class BalanceProofError(BillError):
    """The movements do not lead from one balance to the other; nothing was booked.

    The file is incomplete or was changed. Fetch it again, and call the bank if it stays so.
    """

    code = "balance_proof_failed"
    detail = _(
        "Statement %(statement)s does not add up: opening balance %(opening)s and movements of"
        " %(movements)s give %(expected)s, but the closing balance is %(closing)s %(currency)s."
        " Nothing was booked."
    )


class BalanceProofImpossibleError(BalanceProofError):
    """The statement lacks what a proof needs, so nobody can say it is whole; nothing was booked."""

    code = "balance_proof_impossible"
    detail = _(
        "Whether statement %(statement)s is complete cannot be proved: %(reason)s."
        " Nothing was booked."
    )
