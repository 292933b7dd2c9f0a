"""Say what can be refused when a channel tells us something."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class NotificationRefusedError(DomainError):
    """A notification is forged, malformed or not for us.

    Nothing was written but the message itself and the doubt, and nothing of it is believed. A
    genuine one is repeated by the channel.
    """

    code = "notification_refused"
    status = 400
    detail = _("The notification was refused.")


class NotificationNotJudgedError(DomainError):
    """A notification came for an account whose keys cannot be used now.

    Nothing was written but the message itself, which is judged later; no money has
    moved. Run the channel doctor for the account.
    """

    code = "notification_not_judged"
    status = 503
    retry = "same_key"
    detail = _("The notification cannot be judged now; the account's keys cannot be used.")


class NotificationSettledError(DomainError):
    """A notification was judged for good: it is genuine, a repetition or a probe.

    Nothing was written. A genuine one can be replayed, so that its owner asks again.
    """

    code = "notification_settled"
    status = 409
    detail = _("The notification has been judged for good.")


class NotificationMaskedError(DomainError):
    """A card's number was blotted out of a message before it was kept: nobody can verify it again.

    Nothing was written. It was judged as it came. Have the order asked about instead.
    """

    code = "notification_masked"
    status = 409
    detail = _(
        "A card's number was blotted out of the notification, so its signature cannot be verified"
        " again."
    )


class NotificationOfNobodyError(DomainError):
    """A notification is not genuine, or names a number that nobody here gave: nobody can ask.

    Nothing was written. Look the number up at the channel; money that came with it is in the bill.
    """

    code = "notification_of_nobody"
    status = 409
    detail = _("Nobody here gave the number that the notification names.")
