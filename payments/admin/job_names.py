"""What the jobs of taking money are called."""

from django.utils.translation import gettext_lazy as _

from ledger.admin.job_names import name_jobs

name_jobs(
    {
        "payments.examine_account": _("examine a channel account"),
        "payments.examine_all": _("have all channel accounts examined"),
        "payments.expire": _("end what nobody may pay, take or decide on any more"),
        "payments.fetch_certificates": _("fetch the certificates of a channel account"),
        "payments.forget_calls": _("forget how channels answered long ago"),
        "payments.forget_notifications": _("forget notifications refused long ago"),
        "payments.fund_refunds": _("fund refunds that wait for money"),
        "payments.janitor": _("look after orders to channels"),
        "payments.look_back": _("hold everything back if a backup was restored"),
        "payments.mature": _("make money available whose day has come"),
        "payments.query_attempt": _("ask what became of a payment"),
        "payments.query_capture": _("ask what became of a capture"),
        "payments.query_refund": _("ask what became of a refund"),
        "payments.query_void": _("ask whether what was held went back"),
        "payments.refresh_certificates": _("fetch the certificates that channels sign with"),
        "payments.resolve_attempt": _("record what two people agreed of a payment"),
        "payments.resolve_capture": _("record what two people agreed of a capture"),
        "payments.resolve_refund": _("record what two people agreed of a refund"),
        "payments.resolve_void": _("record what two people agreed of what was held"),
        "payments.retire_keys": _("destroy replaced keys of channels"),
        "payments.reverify_notifications": _("verify refused notifications again"),
        "payments.send_attempt": _("order a payment at its channel"),
        "payments.send_capture": _("order a capture at its channel"),
        "payments.send_refund": _("order a refund at its channel"),
        "payments.send_void": _("have its channel give back what is held"),
    }
)
