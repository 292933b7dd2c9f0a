"""Say what can be refused about entries, states and secrets."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


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
