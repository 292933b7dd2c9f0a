"""What entries of paying out and reconciling are called on the books' pages."""

from django.utils.translation import gettext_lazy as _

from ledger.admin.kinds import name_kinds

name_kinds(
    {
        "payout_fee": _("payout fee charged"),
        "settlement_hold": _("settlement held"),
        "settlement_release": _("settlement released"),
        "payout_instructed": _("payout instructed"),
        "payout_confirmed": _("payout confirmed"),
        "payout_returned": _("payout returned"),
        "payout_failed": _("payout failed"),
        "channel_settled": _("channel settled to the bank"),
        "channel_settled_short": _("channel settled short"),
        "channel_settled_to_wallet": _("channel settled to the wallet"),
        "wallet_topped_up": _("wallet topped up"),
        "wallet_withdrawn": _("wallet withdrawn to the bank"),
        "channel_invoice_paid": _("channel's invoice paid"),
        "long_found": _("long item found"),
        "long_to_income": _("long item taken to income"),
        "short_found": _("short item found"),
        "short_arrived": _("short item arrived"),
        "short_was_fee": _("short item was a fee"),
        "short_written_off": _("short item written off"),
        "opening": _("opening balances"),
    }
)
