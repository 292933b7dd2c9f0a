"""What the deeds of taking money are called in the audit trail."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.admin.deeds import name_deeds
from payments.states import ManualEntryStatus, PaymentStatus, RefundStatus

name_deeds(
    nouns={
        "account_terms": _("limits of a merchant's account"),
        "calendar": _("business calendar"),
        "channel_account": _("channel account"),
        "credential": _("API credential"),
        "fee_plan": _("fee plan"),
        "manual_entry": _("manual entry"),
        "maturity": _("maturity"),
        "merchant": _("merchant"),
        "merchant_terms": _("terms of a merchant"),
        "payer_session": _("payer's session"),
        "payment": _("payment"),
        "payment_link": _("payment link"),
        "refund": _("refund"),
        "sending_hold": _("hold of sending"),
    },
    verbs={
        **{f"payment.{status.value}": status.label for status in PaymentStatus},
        **{f"manual_entry.{status.value}": status.label for status in ManualEntryStatus},
        **{f"refund.{status.value}": status.label for status in RefundStatus},
        "calendar.filled": _("year filled"),
        "channel_account.breaker_closed": _("answers again, orders are sent"),
        "channel_account.breaker_opened": _("does not answer, orders wait"),
        "channel_account.gateway_changed": _("gateway changed"),
        "credential.issued": _("issued"),
        "credential.revoke": pgettext_lazy("deed", "revoke"),
        "credential.revoked": _("revoked"),
        "maturity.run": _("money became available"),
        "merchant.member_added": _("member added"),
        "mint": pgettext_lazy("deed", "make"),
        "minted": _("made"),
        "payer_session.opened": _("opened by the payer"),
        "payment.challenged": _("password asked for"),
        "payment.confirm": pgettext_lazy("deed", "confirm"),
        "payment.method_changed": _("other method chosen"),
        "payment.paid_twice": _("paid a second time"),
        "refund.ask": pgettext_lazy("deed", "ask the channel"),
        "refund.asked_about": _("channel asked again"),
        "refund.contradicted": _("contradicted by the channel"),
        "refund.fund": pgettext_lazy("deed", "fund"),
        "refund.approved": _("approved by one person"),
        "refund.rejected": _("rejected"),
        "sending_hold.ask_release": pgettext_lazy("deed", "ask for release"),
        "sending_hold.approve_release": pgettext_lazy("deed", "approve release"),
        "sending_hold.place": pgettext_lazy("deed", "hold back"),
        "sending_hold.placed": _("placed"),
        "sending_hold.reject_release": pgettext_lazy("deed", "reject release"),
        "sending_hold.released": pgettext_lazy("hold of sending", "released"),
        "sending_hold.release_requested": _("release asked for"),
    },
)
