"""Jobs of workers, as people look at them. Their rows are procrastinate's."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob


class JobState(models.TextChoices):
    """Where a job stands, in procrastinate's words and in ours."""

    TODO = "todo", gettext_lazy("waiting")
    DOING = "doing", gettext_lazy("being done")
    FAILED = "failed", gettext_lazy("given up")
    SUCCEEDED = "succeeded", gettext_lazy("done")
    CANCELLED = "cancelled", gettext_lazy("cancelled")
    ABORTED = "aborted", gettext_lazy("left to another one")


class Job(ProcrastinateJob):
    """One piece of work that waits for a worker, is being done, or was given up.

    Workers write these rows by procrastinate's functions, and forget those that succeeded. One
    that raised too often, or killed its workers, is `failed`. Its arguments may be anybody's: only
    the ids among them are shown. Its name is its number.
    """

    AUDITED_AS: ClassVar[str] = "job:"
    """What stands before its number in the audit trail: the number alone could be anything's."""

    class Meta:
        proxy = True
        verbose_name = gettext_lazy("job")
        verbose_name_plural = gettext_lazy("jobs")
        permissions = [("retry_job", gettext_lazy("Can have jobs done again that were given up"))]

    def __str__(self) -> str:
        return _("job %(number)s") % {"number": self.pk}

    @property
    def subject(self) -> str:
        """Return how the audit trail names it."""
        return f"{self.AUDITED_AS}{self.pk}"

    @property
    def state(self) -> JobState:
        """Return where it stands."""
        return JobState(self.status)
