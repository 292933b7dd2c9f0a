"""What waits on the home page because workers could not do it."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.back_office.waits import Waiting
from ledger.admin import showing
from ledger.models import Job
from ledger.queries.jobs import jobs_given_up


def jobs(request: HttpRequest) -> list[Waiting]:
    """Count the jobs that were given up, for those who may have them tried again."""
    if not request.user.has_perms(("ledger.view_job", "ledger.retry_job")):
        return []
    return [
        Waiting(
            _("jobs given up"),
            _("a worker failed at them again and again: find out why, and have them tried again"),
            jobs_given_up().count(),
            showing.list_url(Job),
            tone="alarm",
        )
    ]
