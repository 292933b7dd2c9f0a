"""The one place that defers a job, by its name, inside the transaction that asks for it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final

from django.db import close_old_connections, connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.manager import JobManager
from procrastinate.tasks import Task, configure_task

from ledger.fault_points import fault_point
from ledger.origin import coming_from, current, of_job

RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)
"""A job that raised is tried again, later each time; after the last it is listed as failed."""
RETRY_OF_ROUNDS = RetryStrategy(max_attempts=8, wait=5)
"""A round that raised is tried again soon: while it waits, its lock keeps the next one away."""

QUEUES: Final = {
    "money": "Orders to channels, their questions, and what comes of them.",
    "runs": "What is done once a day for all merchants: maturing, settling, files, openings.",
    "care": "What keeps the house in order and may wait: examinations, letters, keys, proofs.",
    "clock": "Ticks of machines.",
    "calendar": "Ticks of business days.",
}
"""The classes of jobs. Each has workers of its own, so that a flood of one starves no other."""
TICKS: Final = ("clock", "calendar")
"""Queues of what only has jobs done: one that failed costs nothing, the next one does the same."""
QUEUE_OF_THE_UNKNOWN: Final = "money"
"""Where a job waits whose task this process does not know."""

# Django's connection in workers, too. Their own connector has connections of its own: what is
# deferred there is seen before the deed that asks for it, and outlives one that is undone.
_MANAGER = JobManager(DjangoConnector())

_STARTED = fault_point("job.started")
_ENDED = fault_point("job.ended")


def task(
    name: str, *, queue: str = "money", is_round: bool = False
) -> Callable[[Callable[..., None]], Task[..., None, ...]]:
    """Register a function as the task called `name`.

    The function gets the arguments it was deferred with and `at` (aware UTC). It runs in a
    worker's thread, outside any transaction, perhaps twice: it must be idempotent. A round
    (`is_round`) looks for what is due, by the clock, under a queueing lock of its own.
    """

    def register(function: Callable[..., None]) -> Task[..., None, ...]:
        @wraps(function)
        def run(*, at: str, origin: dict[str, str] | None = None, **arguments: Any) -> None:
            close_old_connections()
            try:
                with coming_from(of_job(origin or {})):
                    _STARTED()
                    function(at=datetime.fromisoformat(at), **arguments)
                    _ENDED()
            finally:
                close_old_connections()

        return app.task(name=name, queue=queue, retry=RETRY_OF_ROUNDS if is_round else RETRY)(run)

    return register


def tick(
    name: str, *, cron: str, queue: str = "clock"
) -> Callable[[Callable[[], None]], Task[..., None, ...]]:
    """Register a function as the task called `name`, run at each instant of a cron line (UTC).

    It only defers jobs: an instant that is missed costs nothing but time.
    """

    def register(function: Callable[[], None]) -> Task[..., None, ...]:
        @wraps(function)
        def run(timestamp: int) -> None:
            close_old_connections()
            try:
                function()
            finally:
                close_old_connections()

        return app.periodic(cron=cron)(app.task(name=name, queue=queue)(run))

    return register


def defer(
    name: str,
    *,
    at: datetime,
    due_at: datetime | None = None,
    queueing_lock: str | None = None,
    **arguments: Any,
) -> bool:
    """Enqueue the task called `name`, to run with `at` and `arguments` once this commits.

    `at` is the instant that caused the job (UTC); it is what business decides by. `due_at`, when
    given, is the machine's earliest start. With a `queueing_lock` at most one job of that lock
    waits at a time; returns False when one already did. Jobs may run twice: each is idempotent.
    It waits in the queue of its task: no caller says another.
    A job belongs to the request that asked for it, and its audit rows say so.
    """
    if carried := current().as_arguments():
        arguments["origin"] = carried
    job = configure_task(
        name=name,
        job_manager=_MANAGER,
        queue=_queue_of(name),
        schedule_at=due_at,
        queueing_lock=queueing_lock,
    )
    if queueing_lock is None:
        job.defer(at=at.isoformat(), **arguments)
        return True
    try:
        with transaction.atomic():  # so that a lock that is taken does not end the caller's deed
            job.defer(at=at.isoformat(), **arguments)
    except AlreadyEnqueued:
        return False
    return True


def put_back(job_id: int, *, due_at: datetime) -> bool:
    """Let a job that was given up wait in its queue again from `due_at` on (machine time). A part.

    It is locked by the caller. It is tried once more, as all its tries are used up: raising again,
    or killing its worker again, it is given up again. Returns False, and leaves it as it is, while
    another one of its queueing lock waits.
    """
    assert connection.in_atomic_block, "put_back is a part; open a transaction around it"
    try:
        with transaction.atomic():  # so that a lock that is taken does not end the caller's deed
            _MANAGER.retry_job_by_id(job_id, due_at)
    except UniqueViolation:
        return False
    return True


def _queue_of(name: str) -> str:
    """Return the queue that a task was registered with."""
    known = app.tasks.get(name)
    return QUEUE_OF_THE_UNKNOWN if known is None else known.queue
