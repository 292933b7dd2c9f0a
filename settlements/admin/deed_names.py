"""What the deeds of paying out are called in the audit trail."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.admin.deeds import name_deeds
from settlements.states import SettlementStatus

name_deeds(
    nouns={
        "bill": _("bill"),
        "destination": _("destination"),
        "opening": _("opening balances"),
        "payment_file": _("payment file"),
        "payout": _("payout"),
        "settlement": _("settlement"),
        "wallet_topup": _("wallet top-up"),
    },
    verbs={
        **{f"settlement.{status.value}": status.label for status in SettlementStatus},
        "bill.import": pgettext_lazy("deed", "import"),
        "bill.imported": _("imported"),
        "payment_file.download": pgettext_lazy("deed", "download"),
        "payment_file.downloaded": _("downloaded"),
        "payout.ask": pgettext_lazy("deed", "ask the channel"),
        "payout.asked": _("channel asked again"),
        "payout.contradicted": _("contradicted by the channel"),
        "payout.manual_review": _("nobody knows its outcome, people look"),
        "settlement.approve_retry": pgettext_lazy("deed", "approve another payout"),
        "settlement.reject_retry": pgettext_lazy("deed", "reject another payout"),
        "settlement.release": pgettext_lazy("deed", "release"),
        "settlement.retry": pgettext_lazy("deed", "request another payout"),
        "settlement.retry_requested": _("another payout requested"),
    },
)
