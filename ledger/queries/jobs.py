"""Questions about the jobs of workers: which were given up, what has become of them, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet
from procrastinate.contrib.django.models import ProcrastinateEvent

from ledger.identifiers import has_form_of_id
from ledger.jobs import TICKS
from ledger.models import Job, JobState

EVENTS_MAX = 100
"""A page tells the newest of what became of a job."""

_STARTED = "started"
_SCHEDULED = "scheduled"
"""What procrastinate notes when a job is to start later: nothing has become of it by then."""


@dataclass(frozen=True, slots=True)
class Course:
    """How often a job was begun, and since when it stands where it stands (UTC)."""

    begun: int
    since: datetime | None


NOTHING_KNOWN = Course(begun=0, since=None)


def jobs_given_up() -> QuerySet[Job]:
    """Return the jobs that raised too often, or killed their workers; ticks come again anyway."""
    return Job.objects.filter(status=JobState.FAILED).exclude(queue_name__in=TICKS)


def courses_of(jobs: Iterable[Job]) -> Mapping[int, Course]:
    """Return what has become of jobs, by their numbers, in one query.

    Counted are the times that each was begun; procrastinate's own attempts count putting back, too.
    """
    rows = (
        ProcrastinateEvent.objects.filter(job_id__in=[job.pk for job in jobs])
        .order_by()
        .values("job_id")
        .annotate(
            begun=Count("pk", filter=Q(type=_STARTED)),
            since=Max("at", filter=~Q(type=_SCHEDULED)),
        )
    )
    return {row["job_id"]: Course(row["begun"], row["since"]) for row in rows}


def events_of(job: Job) -> Sequence[tuple[str, datetime]]:
    """Return what became of a job and when (UTC), the newest first; later starts are left out."""
    rows = ProcrastinateEvent.objects.filter(job_id=job.pk).exclude(type=_SCHEDULED)
    return list(rows.order_by("-pk").values_list("type", "at")[:EVENTS_MAX])


def waits_otherwise(job: Job) -> bool:
    """Tell whether another job waits that does the same, by its queueing lock. A first look."""
    if job.queueing_lock is None:
        return False
    others = Job.objects.filter(queueing_lock=job.queueing_lock, status=JobState.TODO)
    return others.exclude(pk=job.pk).exists()


def subjects_of(job: Job) -> Sequence[str]:
    """Return the ids among a job's arguments: what it is about. All else may be anybody's."""
    values = (value for value in job.args.values() if isinstance(value, str))
    return [value for value in values if has_form_of_id(value)]
