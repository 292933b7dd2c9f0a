"""What the deeds of judging are called in the audit trail."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.admin.deeds import name_deeds

name_deeds(
    nouns={
        "block_list": _("block list"),
        "limit": _("limit"),
        "network": _("bound network"),
        "password": _("payment password"),
        "password_reset": _("reset of a payment password"),
        "password_unlock": _("unlocking of a payment password"),
    },
    verbs={
        "block_list.block": pgettext_lazy("deed", "block"),
        "block_list.blocked": _("blocked"),
        "block_list.unblock": pgettext_lazy("deed", "unblock"),
        "block_list.unblocked": _("unblocked"),
        "limit.set": _("set"),
        "network.bind": pgettext_lazy("deed", "bind"),
        "network.bound": _("bound"),
        "network.release": pgettext_lazy("deed", "unbind"),
        "password.changed": _("changed"),
        "password.locked": _("locked after wrong attempts"),
        "password.reset": _("reset"),
        "password.set": _("set"),
        "password.typed": _("typed"),
        "password.unlocked": _("unlocked"),
    },
)
