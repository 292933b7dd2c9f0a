"""What the jobs of paying out are called."""

from django.utils.translation import gettext_lazy as _

from ledger.admin.job_names import name_jobs

name_jobs(
    {
        "settlements.book_opening": _("book opening balances"),
        "settlements.draft": _("draft settlements that somebody asked for"),
        "settlements.expire": _("take back what nobody decided on or paid in time"),
        "settlements.export": _("write payment files"),
        "settlements.janitor": _("look after transfers"),
        "settlements.prove": _("ask every law of the books"),
        "settlements.query_payout": _("ask what became of a transfer"),
        "settlements.resolve_payout": _("record what two people agreed of a transfer"),
        "settlements.run": _("settle what is available"),
        "settlements.send_payout": _("send a payout by transfer"),
    }
)
