"""What the ticks of the clock-table are called: each only has a job done (config/schedule.py)."""

from django.utils.translation import gettext_lazy as _

from ledger.admin.job_names import name_jobs

name_jobs(
    {
        "config.examine_channels": _("tick: examine channels"),
        "config.expire": _("tick: end what ran out"),
        "config.forget_calls": _("tick: forget old answers of channels"),
        "config.forget_notifications": _("tick: forget old notifications"),
        "config.look_after_orders": _("tick: look after orders and transfers"),
        "config.look_back": _("tick: see whether a backup was restored"),
        "config.mature": _("tick: make money available"),
        "config.prove": _("tick: ask every law of the books"),
        "config.refresh_certificates": _("tick: fetch certificates"),
        "config.retire_keys": _("tick: destroy replaced keys"),
        "config.retry_stalled": _("tick: put back jobs of dead workers"),
        "config.seal": _("tick: seal what was written"),
        "config.settle": _("tick: settle what is available"),
    }
)
