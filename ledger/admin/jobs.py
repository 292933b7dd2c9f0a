"""Jobs of workers: which were given up, what they are about, and one button to try them again."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions import job_care
from ledger.admin import showing
from ledger.admin.append_only import audit_moments
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.job_names import QUEUES, job_words, named_jobs, queue_words
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Moment, Panel
from ledger.jobs import TICKS
from ledger.models import Job, JobState
from ledger.queries.jobs import (
    NOTHING_KNOWN,
    Course,
    courses_of,
    events_of,
    subjects_of,
    waits_otherwise,
)

_EVENTS: dict[str, str | Promise] = {
    "deferred": gettext_lazy("asked for"),
    "started": gettext_lazy("begun by a worker"),
    "deferred_for_retry": gettext_lazy("not done, to be tried again"),
    "failed": gettext_lazy("given up"),
    "succeeded": gettext_lazy("done"),
    "cancelled": gettext_lazy("cancelled"),
    "abort_requested": gettext_lazy("to be left"),
    "aborted": gettext_lazy("left to another one"),
    "retried": gettext_lazy("waits once more"),
}
"""What becomes of jobs, in procrastinate's words and in ours."""


class StateFilter(admin.SimpleListFilter):
    """Where a job stands; who asks for nothing sees what was given up, as home counts it.

    Ticks that failed stand under their queue: after an outage they would hide what has to be done.
    """

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer what else there is."""
        return [(state.value, str(state.label)) for state in JobState if state != JobState.FAILED]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Name the first choice by what it shows: not all of them."""
        first, *others = super().choices(changelist)
        yield {**first, "display": str(JobState.FAILED.label)}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs that stand there."""
        if self.value():
            return queryset.filter(status=self.value())
        given_up = queryset.filter(status=JobState.FAILED)
        is_of_a_queue = QueueFilter.parameter_name in request.GET
        return given_up if is_of_a_queue else given_up.exclude(queue_name__in=TICKS)


class QueueFilter(admin.SimpleListFilter):
    """The queue in which a job waits."""

    title = gettext_lazy("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List the queues of the house."""
        return [(queue, str(words)) for queue, words in QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs of one queue."""
        return queryset.filter(queue_name=self.value()) if self.value() else queryset


class TaskFilter(admin.SimpleListFilter):
    """What a job has to do."""

    title = gettext_lazy("what is to be done")
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List the tasks of the house."""
        return named_jobs()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs of one task."""
        return queryset.filter(task_name=self.value()) if self.value() else queryset


class TryAgain(Operation[Job]):
    """Have a job done once more that was given up."""

    name = "try-again"
    label = gettext_lazy("Try again")
    explanation = gettext_lazy(
        "The job waits in its queue again, and is done as soon as a worker comes. What was done"
        " meanwhile is not done twice, and no money moves that was not asked for. If it fails once"
        " more, it stands here again: mend first what was wrong."
    )
    permission = "ledger.retry_job"
    deed = "job.try_again"
    icon = "replay"
    variant = "primary"
    form_class = ReasonForm

    def is_offered(self, row: Job) -> bool:
        """Offer it for a job that was given up."""
        return row.state == JobState.FAILED

    def hindrance(self, request: HttpRequest, row: Job) -> Words:
        """Say that another one waits which does the same."""
        if not waits_otherwise(row):
            return ""
        return _("Another job waits that does the same. Nothing has to be done.")

    def panels(self, request: HttpRequest, row: Job) -> Sequence[Panel]:
        """Show what will be done, and about what."""
        return [_facts(row)]

    def perform(self, request: DoorRequest, row: Job, form: forms.Form, asking: Asking) -> Words:
        """Put it back."""
        job_care.try_again(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("It waits in its queue again. A worker does it within seconds.")


@admin.register(Job)
class JobAdmin(OperationsAdmin[Job]):
    """What workers gave up, and what else they have to do. Of its arguments only ids are shown."""

    list_display = ("what", "about", "state", "queue", "begun", "since")
    list_filter = (StateFilter, QueueFilter, TaskFilter)
    ordering = ("-id",)
    row_operations = (TryAgain(),)
    empty_hint = gettext_lazy(
        "No job is like this. One that raises again and again, or kills its workers, is given up"
        " and stands here until somebody has it tried again. Jobs that succeeded are forgotten."
    )

    def audit_subject(self, key: str) -> str:
        """Return how the audit trail names a job."""
        return f"{Job.AUDITED_AS}{key}"

    def dress(self, rows: Sequence[Job]) -> None:
        """Find out what has become of all these jobs, in one query."""
        super().dress(rows)
        courses = courses_of(rows)
        for row in rows:
            row.course = courses.get(row.pk, NOTHING_KNOWN)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("job"))
    def what(self, row: Job) -> str:
        """Name the task."""
        return job_words(row.task_name)

    @admin.display(description=gettext_lazy("about"))
    def about(self, row: Job) -> SafeString:
        """Link to what it is about, where its arguments name that."""
        return _links(row)

    @admin.display(description=gettext_lazy("status"))
    def state(self, row: Job) -> SafeString:
        """Say where it stands."""
        return _badge(row)

    @admin.display(description=gettext_lazy("queue"))
    def queue(self, row: Job) -> str:
        """Name its queue."""
        return queue_words(row.queue_name)

    @admin.display(description=gettext_lazy("times begun"))
    def begun(self, row: Job) -> int:
        """Count how often a worker began it."""
        return _course(row).begun

    @admin.display(description=gettext_lazy("since"))
    def since(self, row: Job) -> SafeString:
        """Say since when it stands where it stands."""
        return showing.minute(_course(row).since)

    def panels(self, request: HttpRequest, row: Job) -> Sequence[Panel]:
        """Show the job."""
        return [_facts(row)]

    def moments(self, request: HttpRequest, row: Job) -> Sequence[Moment]:
        """Return what workers made of it, and who had it tried again, for who may read that."""
        told = [
            Moment(at=at, what=str(_EVENTS.get(kind, kind))) for kind, at in events_of(row) if at
        ]
        if request.user.has_perm("ledger.view_auditentry"):
            told += audit_moments([row.subject])
        return told


def _facts(row: Job) -> Facts:
    course = courses_of([row]).get(row.pk, NOTHING_KNOWN)
    facts = [
        Fact(_("status"), _badge(row)),
        Fact(_("what is to be done"), job_words(row.task_name)),
        Fact(_("task"), showing.code(row.task_name)),
        Fact(_("about"), _links(row)),
        Fact(_("queue"), queue_words(row.queue_name)),
        Fact(_("times begun"), course.begun),
        Fact(_("since"), showing.instant(course.since)),
    ]
    if row.state == JobState.TODO and row.scheduled_at is not None:
        facts.append(Fact(_("not before"), showing.instant(row.scheduled_at)))
    facts.append(Fact(_("number"), row.pk))
    note = _("Why a job failed stands in the log of the worker that did it, under its number.")
    return Facts(_("job"), facts, note=note if row.state == JobState.FAILED else "")


def _course(row: Job) -> Course:
    return getattr(row, "course", NOTHING_KNOWN)


def _badge(row: Job) -> SafeString:
    return showing.badge(row.status, str(row.state.label))


def _links(row: Job) -> SafeString:
    links = [(showing.subject_link(subject),) for subject in subjects_of(row)]
    return format_html_join(" ", "{}", links) if links else showing.nothing()
