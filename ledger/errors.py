"""Say what can be refused in the ledger, and hold the root of every refusal in the house."""

from typing import ClassVar, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Outcome = Literal["not_executed", "executed", "unknown"]
"""What became of the deed: nothing was written, it was done, or nobody knows yet."""

Retry = Literal["same_key", "new_key", "do_not"]
"""How a caller may try again: the same request, a corrected request, or not at all."""


class DomainError(Exception):
    """A deed was refused for a reason that the caller can act on.

    Each subclass is one decision of the caller: a stable unique `code`, the HTTP `status` that
    doors should use, the `outcome` of the deed, how to `retry`, and a translatable `detail`,
    in which `%(name)s` is filled from the keyword arguments. Those arguments stay readable in
    `context`; never pass secrets there. A positional text replaces the detail of the class.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400
    outcome: ClassVar[Outcome] = "not_executed"
    retry: ClassVar[Retry] = "do_not"
    detail: str | Promise = _("The request was refused.")

    def __init__(self, detail: str | Promise | None = None, /, **context: object) -> None:
        """Keep the words and the facts of one refusal."""
        super().__init__()
        if detail is not None:
            self.detail = detail
        self.context = context

    def __str__(self) -> str:
        """Say the detail in the language that is active now, with the facts filled in."""
        sentence = str(self.detail)
        try:
            return sentence % _Facts(self.context)
        except (TypeError, ValueError):
            # A translation with a slip in its placeholders must not hide the refusal.
            return sentence

    def __repr__(self) -> str:
        """Name the class and its facts, for logs."""
        facts = ", ".join(f"{name}={value!r}" for name, value in self.context.items())
        return f"{type(self).__name__}({facts})"


class _Facts(dict[str, object]):
    """Facts for a sentence; a missing one shows as a gap, because a refusal must be heard."""

    def __missing__(self, key: str) -> str:
        return "…"


# --- money ------------------------------------------------------------------------------------


class AmountError(DomainError):
    """An amount is not an exact whole number of minor units, or cannot be split as asked.

    Nothing was written. Correct the amount and send it again under a new key.
    """

    code = "invalid_amount"
    status = 422
    retry = "new_key"
    detail = _("The amount is not valid.")


class UnknownCurrencyError(DomainError):
    """A currency code is not an active one of ISO 4217 with a minor unit.

    Nothing was written. Correct the code and send it again under a new key.
    """

    code = "unknown_currency"
    status = 422
    retry = "new_key"
    detail = _("The currency %(currency)s is not known.")


class CurrencyMismatchError(DomainError):
    """Amounts of two currencies met where only one may be.

    Nothing was written. Correct the currency and send it again under a new key.
    """

    code = "currency_mismatch"
    status = 422
    retry = "new_key"
    detail = _("The amounts are in different currencies: %(left)s and %(right)s.")


# --- the books --------------------------------------------------------------------------------


class UnbalancedEntryError(DomainError):
    """A journal entry has no postings, or its debits and credits differ in some currency.

    Nothing was written. This is a fault of the booking, not of the caller: do not retry.
    """

    code = "unbalanced_entry"
    status = 500
    detail = _("The journal entry does not balance.")


class DuplicateEntryError(DomainError):
    """A journal entry with this source is already in the books, with other postings.

    Nothing was written now; the first entry stands. Do not retry.
    """

    code = "duplicate_entry"
    status = 409
    detail = _("This event is already in the books: %(source)s.")


class AlreadyReversedError(DomainError):
    """The journal entry was reversed before; an entry is reversed at most once.

    Nothing was written now; the first reversal stands. Do not retry.
    """

    code = "already_reversed"
    status = 409
    detail = _("The journal entry %(entry)s is already reversed.")


class OverdrawnError(DomainError):
    """An account that may not go below zero would have.

    Nothing was written. The same request may succeed when the account holds enough.
    """

    code = "overdrawn"
    status = 409
    retry = "same_key"
    detail = _("The balance of account %(account)s is not enough.")


class PeriodClosedError(DomainError):
    """An entry was dated inside a closed day, and closed days take no entries.

    Nothing was written. Sent again it is dated the first open day, where the deed allows that.
    """

    code = "period_closed"
    status = 409
    retry = "same_key"
    detail = _("The books of that day are closed: %(source)s.")


class PeriodNotOverError(DomainError):
    """A day or month was to be closed before it has ended in the business time zone.

    Nothing was written. Close it when it is over.
    """

    code = "period_not_over"
    status = 409
    retry = "same_key"
    detail = _("%(period)s is not over yet.")


class PeriodOrderError(DomainError):
    """Days are closed in order, months after all their days; only closed ones are reopened.

    Nothing was written. Look at what is closed, and begin with the next.
    """

    code = "period_order"
    status = 409
    detail = _("%(period)s is not next: periods are closed in order. Next is %(next)s.")


class PeriodUnfinishedError(DomainError):
    """The books of a day would still get something that has not been done yet.

    Nothing was written. Have it done, and close the day then.
    """

    code = "period_unfinished"
    status = 409
    retry = "same_key"
    detail = _("%(period)s is not finished: %(what)s")


class PeriodBusyError(DomainError):
    """Somebody has been writing entries of the day for so long that it could not be closed.

    Nothing was written. The same may succeed in a minute.
    """

    code = "period_busy"
    status = 409
    retry = "same_key"
    detail = _("Entries of %(period)s are being written. Try again in a minute.")


class DecryptionError(DomainError):
    """A ciphertext was changed, moved to another place, or its key is not configured.

    Nothing was written and nothing was revealed; the cause is never told apart. Do not retry:
    an operator has to look.
    """

    code = "decryption_failed"
    status = 500
    detail = _("A protected value cannot be read.")


class IllegalMoveError(DomainError):
    """A state does not allow the move that was asked.

    Nothing was written. Read the object again; do not repeat the request.
    """

    code = "illegal_move"
    status = 409
    detail = _("%(noun)s cannot go from %(current)s to %(new)s.")


# --- approvals --------------------------------------------------------------------------------


class ApprovalError(DomainError):
    """Two people have not agreed to this deed in the way that the rules ask.

    Nothing was written. Subclasses say what is missing.
    """

    code = "approval_refused"
    status = 409
    detail = _("The approval was refused.")


class SelfApprovalError(ApprovalError):
    """The person who asked tried to decide as well.

    Nothing was written. Another person has to decide.
    """

    code = "self_approval"
    status = 403
    detail = _("Nobody may approve their own request. Another person has to decide.")


class AlreadyDecidedError(ApprovalError):
    """This person has already decided on this request.

    Nothing was written now; the first decision stands. Do not retry.
    """

    code = "already_decided"
    detail = _("You have already decided on this request.")


class StaleApprovalError(ApprovalError):
    """What was shown or approved is no longer what would be done: the digests differ.

    Nothing was written. Look at the request as it is now and decide again.
    """

    code = "stale_approval"
    retry = "new_key"
    detail = _("The request has changed since it was shown. Look at it again and decide anew.")


class ApprovalExpiredError(ApprovalError):
    """The request or its approval is older than the rules allow.

    Nothing was written. Ask for a new approval.
    """

    code = "approval_expired"
    retry = "new_key"
    detail = _("The approval has expired. Ask for a new one.")


class ApprovalClosedError(ApprovalError):
    """The request is already approved, rejected, executed or voided.

    Nothing was written. Do not retry.
    """

    code = "approval_closed"
    detail = _("The request is already closed.")


class ApprovalMissingError(ApprovalError):
    """A deed that needs two people was tried without an approved request.

    Nothing was written. The same deed may succeed once another person has approved.
    """

    code = "approval_missing"
    retry = "same_key"
    detail = _("This needs the approval of another person first.")


# --- people of the staff ----------------------------------------------------------------------


class RolesError(DomainError):
    """What was asked about a person's roles cannot be done.

    Nothing was written. Subclasses say why.
    """

    code = "roles_refused"
    status = 409
    detail = _("The roles were not changed.")


class UnknownPersonError(RolesError):
    """There is no such person.

    Nothing was written. Check who is meant.
    """

    code = "unknown_person"
    status = 404
    detail = _("There is no such person.")


class UnknownRoleError(RolesError):
    """A role is asked for that does not exist.

    Nothing was written. Correct the role and ask again.
    """

    code = "unknown_role"
    status = 422
    retry = "new_key"
    detail = _("There is no role %(role)s.")


class IncompatibleRolesError(RolesError):
    """Roles are asked for that one person never has together.

    Nothing was written. Give them to two people.
    """

    code = "incompatible_roles"
    status = 422
    retry = "new_key"
    detail = _("Nobody has the roles %(one)s and %(other)s together. Two people have them.")


class OwnRolesError(RolesError):
    """Somebody asked for, decided on, or ended their own rights.

    Nothing was written. Other people have to do it.
    """

    code = "own_roles"
    status = 403
    detail = _("Nobody asks for or decides on their own roles. Other people have to.")


class RolesUnchangedError(RolesError):
    """The roles that are asked for are those that the person has.

    Nothing was written. Nobody has to agree to what is so already.
    """

    code = "roles_unchanged"
    detail = _("%(person)s has exactly these roles already.")


class RolesNotAskedError(RolesError):
    """Nobody waits for a decision on this person's roles.

    Nothing was written. Somebody else may have decided: look at the person again.
    """

    code = "roles_not_asked"
    detail = _("Nobody has asked for other roles of %(person)s, or it was decided on.")


class RoleReasonMissingError(RolesError):
    """Roles were asked for, refused or ended without saying why.

    Nothing was written. Say why, and send it again.
    """

    code = "role_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")
