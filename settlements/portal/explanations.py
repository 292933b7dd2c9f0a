"""What a settlement's state means to the merchant who waits for the money."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from settlements.models import DestinationKind, Settlement
from settlements.states import PayoutStatus, SettlementStatus

SETTLEMENT: dict[SettlementStatus, str | Promise] = {
    SettlementStatus.DRAFT: _("Prepared. Finance checks it and submits it for approval."),
    SettlementStatus.REVIEW: _("Over a limit. A risk officer looks at it before it goes on."),
    SettlementStatus.SUBMITTED: _("Waits for the approval of a second person."),
    SettlementStatus.APPROVED: _("Approved. It goes out with the next file to the bank."),
    SettlementStatus.APPROVAL_EXPIRED: _("Its approval ran out. Finance asks for a new one."),
    SettlementStatus.ON_HOLD: _("Held back by risk control."),
    SettlementStatus.PAYING: _("With the bank. It usually arrives on the next business day."),
    SettlementStatus.PAID: _("Paid out to your bank account."),
    SettlementStatus.PAY_FAILED: _(
        "The bank could not pay it out. The money is safe here; finance tries again."
    ),
    SettlementStatus.RETURNED: _(
        "The money came back from the bank. Check your bank account with support."
    ),
    SettlementStatus.REJECTED: _("Not approved. Its lines go into the next settlement."),
    SettlementStatus.CANCELLED: _("Given up. Its lines go into the next settlement."),
}

BY_TRANSFER: dict[SettlementStatus, str | Promise] = {
    SettlementStatus.APPROVED: _("Approved. It goes to your Alipay account at once."),
    SettlementStatus.PAYING: _("With Alipay. It usually arrives within minutes."),
    SettlementStatus.PAID: _("Paid out to your Alipay account."),
    SettlementStatus.PAY_FAILED: _(
        "Alipay could not pay it out. The money is safe here; finance tries again."
    ),
    SettlementStatus.RETURNED: _(
        "The money came back from Alipay. Check your Alipay account with support."
    ),
}
"""The same where the money goes to an Alipay account; what is not named here reads alike."""

SETTLEMENT_TONES = {
    SettlementStatus.PAID: "good",
    SettlementStatus.REVIEW: "wait",
    SettlementStatus.ON_HOLD: "wait",
    SettlementStatus.APPROVAL_EXPIRED: "wait",
    SettlementStatus.PAY_FAILED: "bad",
    SettlementStatus.RETURNED: "bad",
}
"""How a status looks; what is not named here looks neutral."""

PAYOUT_TONES = {
    PayoutStatus.SUCCEEDED: "good",
    PayoutStatus.UNKNOWN: "wait",
    PayoutStatus.MANUAL_REVIEW: "wait",
    PayoutStatus.FAILED: "bad",
    PayoutStatus.RETURNED: "bad",
}


def why(settlement: Settlement) -> str | Promise:
    """Say what a settlement's state means to its merchant."""
    status = SettlementStatus(settlement.status)
    destination = settlement.destination
    if destination is not None and destination.kind == DestinationKind.ALIPAY:
        return BY_TRANSFER.get(status, SETTLEMENT[status])
    return SETTLEMENT[status]
