"""What can be refused about how many people must agree."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


class TierError(DomainError):
    """A tier was not changed.

    Nothing was written; as many people have to agree as before.
    """

    code = "tier_refused"
    status = 409
    detail = _("The tier cannot be changed like this.")


class TierInvalidError(TierError):
    """The tier that is asked for makes no sense.

    Nothing was written. From one to five people agree; an amount needs its currency, and tiers
    themselves always need a finance head.
    """

    code = "tier_invalid"
    status = 422
    retry = "new_key"
    detail = _("From one to five people; an amount needs its currency; tiers need a finance head.")


class TierUnchangedError(TierError):
    """The tier that is asked for is the one in force.

    Nothing was written. Nobody has to agree to what is so already.
    """

    code = "tier_unchanged"
    detail = _("This is so already.")


class TierNotAskedError(TierError):
    """Nobody waits for a decision on this tier.

    Nothing was written. Somebody else may have decided: look at the request again.
    """

    code = "tier_not_asked"
    detail = _("Nobody has asked for this tier, or it was decided on.")


class TierReasonMissingError(TierError):
    """A tier was asked for or refused without saying why.

    Nothing was written. Say why, and send it again.
    """

    code = "tier_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")
