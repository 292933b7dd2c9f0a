"""Say what can be refused about amounts and currencies."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


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
