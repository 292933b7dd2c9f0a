"""Say what can be refused when money is paid out."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError

# --- settlements --------------------------------------------------------------------------------


class SettlementNotFoundError(DomainError):
    """There is no such settlement, or the caller may not see it: both answer alike.

    Nothing was written. Check the id.
    """

    code = "settlement_not_found"
    status = 404
    detail = _("There is no such settlement.")


class ReasonMissingError(DomainError):
    """A deed that needs a reason was asked without one.

    Nothing was written. Say why, and ask again.
    """

    code = "reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Give a reason.")


class SettlementStoppedError(DomainError):
    """Risk does not let a settlement go on: it is over a limit, or comes from a wrong address.

    Nothing was written. The code is that of the limit or rule, and so differs from case to case.
    Have the limit raised, or settle when the day's limit is free again.
    """

    code = "settlement_stopped"
    status = 409
    retry = "new_key"
    detail = _("Risk control does not let this settlement go on: %(reason)s.")

    def __init__(self, detail: str | None = None, /, *, reason: str = "") -> None:
        """Take the words of what stopped it, and their code."""
        super().__init__(detail, reason=reason)
        if reason:
            self.code = reason  # type: ignore[misc]


class SettlementNumberTakenError(DomainError):
    """The merchant's settlement number was used before; it stays taken for ever.

    Nothing was written. The first settlement stands: look for it by the number.
    """

    code = "settlement_number_taken"
    status = 409
    detail = _("The settlement number %(merchant_settlement_no)s has already been used.")


class NothingAvailableError(DomainError):
    """Nothing is available in this currency, or less than the payout fee.

    Nothing was written. Ask again when money has become available.
    """

    code = "nothing_available"
    status = 409
    retry = "new_key"
    detail = _("Nothing is available in %(currency)s that could be paid out.")


class AmountNotAvailableError(DomainError):
    """The amount is not what a settlement of everything available would pay out now.

    Nothing was written. The right amount is in the sentence: send that, or none at all.
    """

    code = "amount_not_available"
    status = 409
    retry = "new_key"
    detail = _(
        "A settlement takes everything that is available: %(available)s %(currency)s after fees."
    )


class DestinationChangedError(DomainError):
    """The destination that was named is not the one to which the merchant's money goes now.

    Nothing was written. Look at where it goes, and ask again.
    """

    code = "destination_changed"
    status = 409
    retry = "new_key"
    detail = _("Your money goes to another account now. Look at it, and ask again.")


class SettlementPasswordMissingError(DomainError):
    """A person asked for a settlement without the proof of their settlement password.

    Nothing was written. Type the settlement password and ask again.
    """

    code = "settlement_password_missing"
    status = 403
    retry = "new_key"
    detail = _("Type your settlement password.")


class MerchantOnlyError(DomainError):
    """A settlement is asked for by the merchant whose money it is, not by the platform.

    Nothing was written. Use the merchant's own credential; the platform settles by runs.
    """

    code = "merchant_only"
    status = 403
    detail = _("Only a merchant can ask for a settlement of their own money.")


# --- payouts by transfer ------------------------------------------------------------------------


class NoWalletError(DomainError):
    """None of our channel accounts pays out to this kind of account in this currency.

    Nothing was written. Register and enable one that may transfer, with a filled wallet.
    """

    code = "no_wallet"
    status = 409
    retry = "same_key"
    detail = _("No channel account of ours can pay out in %(currency)s to such an account.")


class PayoutNotFoundError(DomainError):
    """There is no such payout.

    Nothing was written. Check the id.
    """

    code = "payout_not_found"
    status = 404
    detail = _("There is no such payout.")


class NotAskableError(DomainError):
    """Nobody can be asked about this payout: it goes by file, or has not been sent.

    Nothing was written. A bank answers by its reports and statements.
    """

    code = "payout_not_askable"
    status = 409
    detail = _("Nobody can be asked about this payout.")


class PayoutContradictedError(DomainError):
    """The bank or the channel refused a payout of it, and said afterwards that it was made.

    Nothing was written, and nothing is paid again: look at the evidence first.
    """

    code = "payout_contradicted"
    status = 409
    detail = _("The channel says now that the last payout was made. It is not paid again.")


class FailureUnconfirmedError(DomainError):
    """The channel refused the last transfer, and was not heard again since.

    Nothing was written. It is being asked; try again in a minute.
    """

    code = "failure_unconfirmed"
    status = 409
    retry = "same_key"
    detail = _("The channel is being asked once more whether the last payout failed.")


class SameDestinationError(DomainError):
    """The money came back from the account that it would go to again.

    Nothing was written. Register another destination first.
    """

    code = "same_destination"
    status = 409
    retry = "new_key"
    detail = _("The money came back from this account. Register another one first.")


class NotATopUpError(DomainError):
    """The bank line is no open debit that could have filled this wallet.

    Nothing was written. Choose an open debit in the wallet's currency, of the bank account that
    the wallet settles to.
    """

    code = "not_a_top_up"
    status = 409
    retry = "new_key"
    detail = _("This line of the bank cannot have filled this wallet.")


# --- where the money goes -----------------------------------------------------------------------


class NoDestinationError(DomainError):
    """The merchant has no active account in this currency to which money could go.

    Nothing was written. Register a destination first.
    """

    code = "no_destination"
    status = 409
    retry = "same_key"
    detail = _("The merchant has no bank account in %(currency)s yet.")


class NoBankAccountError(DomainError):
    """None of our bank accounts pays out in this currency.

    Nothing was written. Register and enable a bank account first.
    """

    code = "no_bank_account"
    status = 409
    retry = "same_key"
    detail = _("No bank account of ours pays out in %(currency)s.")


class InvalidAccountNumberError(DomainError):
    """An account number is neither a valid IBAN nor 6 to 34 letters and digits.

    Nothing was written. Correct the number and send it again under a new key.
    """

    code = "invalid_account_number"
    status = 422
    retry = "new_key"
    detail = _("The account number is not valid.")


class InvalidDestinationError(DomainError):
    """The holder's name or the bank's is missing, too long, or holds control characters.

    Nothing was written. Correct it and send it again under a new key.
    """

    code = "invalid_destination"
    status = 422
    retry = "new_key"
    detail = _("The account holder or the bank is missing or too long.")


# --- bills (what the files themselves can be refused for is in settlements/bills) ---------------


class WrongBankAccountError(DomainError):
    """A file is about another account or currency than the one it is imported for.

    Nothing was written. Import it for the account that it names.
    """

    code = "wrong_bank_account"
    status = 422
    retry = "new_key"
    detail = _("The file is about another bank account or currency. Nothing was booked.")


class BillMessageReusedError(DomainError):
    """The bank used the number of an earlier file for one that says something else.

    Nothing was written; the first file stands. Ask the bank which one is right.
    """

    code = "bill_message_reused"
    status = 409
    detail = _("Another file with the number %(message_id)s says something else.")


# --- statements ---------------------------------------------------------------------------------


class InvalidPositionError(DomainError):
    """A place in a statement is not one that a page has named.

    Nothing was written. Begin with the first page.
    """

    code = "invalid_position"
    status = 422
    retry = "new_key"
    detail = _("There is no such page of the statement.")
