"""What entries of taking money, giving it back and holding it are called on the books' pages."""

from django.utils.translation import gettext_lazy as _

from ledger.admin.kinds import name_kinds
from payments.models import ManualEntryKind

name_kinds(
    {
        "payment_paid": _("payment captured"),
        "payment_conflicted": _("payment that contradicts its order"),
        "payment_paid_late": _("payment after closing"),
        "payment_paid_twice": _("payment paid twice"),
        "payment_accepted": _("money in suspense taken as the payment"),
        "payment_discount": _("discount of ours at a channel"),
        "refund_discount": _("discount of ours given back with a refund"),
        "maturity": _("pending money matured"),
        "debt_recovered": _("debt recovered"),
        "refund_requested": _("refund requested"),
        "refund_succeeded": _("refund made"),
        "refund_failed": _("refund failed, money given back"),
        "refund_reversed": _("refund that came back"),
        "refund_settled_by_hand": _("refund paid by hand from our bank"),
        "dispute_frozen": _("money frozen for a dispute"),
        "dispute_taken": _("disputed money taken by the channel"),
        "dispute_returned": _("disputed money given back by the channel"),
        "dispute_released": _("frozen money released"),
        "dispute_absorbed": _("lost dispute paid by the merchant"),
        "dispute_borne": _("lost dispute paid by the platform"),
        "fee_corrected": _("channel fee corrected by the bill"),
        "long_credited": _("long item credited to a merchant"),
        "long_returned": _("long item returned to the payer"),
        "short_never_happened": _("short item taken back from the merchant"),
        "reserve_held": _("reserve held"),
        "reserve_released": _("reserve released"),
        "merchant_transfer": _("transfer between merchants"),
        "profit_shared": _("profit shared by the channel"),
        **{kind.value: kind.label for kind in ManualEntryKind},
    }
)
