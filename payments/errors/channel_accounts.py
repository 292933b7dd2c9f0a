"""Say what can be refused when a channel account is registered or gets other terms."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class ChannelAccountMismatchError(DomainError):
    """What was entered of a channel account is missing, or does not belong to such an account.

    Nothing was written; no money moved. Look at what is named, at the channel and at the currency.
    """

    code = "channel_account_mismatch"
    status = 422
    retry = "new_key"
    detail = _("Missing, or not for such an account: %(names)s.")


class ChannelAccountKnownError(DomainError):
    """The account was registered before: channel, merchant number, app id and currency are taken.

    Nothing was written. Look for it in the list; what identifies an account never changes.
    """

    code = "channel_account_known"
    status = 409
    detail = _("This account of the channel is registered already.")


class ChannelAccountUnableError(DomainError):
    """An account was to be switched on, or to pay out, and cannot speak with the keys it has.

    Nothing was written; no money moved. Enter the keys that are missing and have them agreed to.
    """

    code = "channel_account_unable"
    status = 409
    detail = _("The account cannot work yet: %(why)s Enter its keys and have them agreed to first.")


class PayoutsNeedCertificatesError(DomainError):
    """An account was to pay out from its wallet, and has no certificates, or no such wallet.

    Nothing was written; no money moved. Alipay takes transfers in certificate mode only: enter
    our certificate's serial, the root certificates' serials and Alipay's certificate first.
    """

    code = "payouts_need_certificates"
    status = 409
    detail = _(
        "This account cannot pay out from its wallet. At Alipay that takes certificates: enter our"
        " key's serial, the root certificates' serials and Alipay's certificate first."
    )
