"""What a settlement's state means to the merchant who waits for the money."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
