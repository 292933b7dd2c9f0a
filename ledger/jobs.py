"""The one place that defers a job, by its name, inside the transaction that asks for it."""

from datetime import datetime
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def defer(
    name: str,
    *,
    at: datetime,
    queue: str = "money",
    due_at: datetime | None = None,
    queueing_lock: str | None = None,
    **arguments: Any,
) -> bool:
    """Enqueue the task called `name`, to run with `at` and `arguments` once this commits.

    `at` is the instant that caused the job (UTC); it is what business decides by. `due_at`, when
    given, is the machine's earliest start. With a `queueing_lock` at most one job of that lock
    waits at a time; returns False when one already did. Jobs may run twice: each is idempotent.
    """
    job = app.configure_task(
        name,
        queue=queue,
        schedule_at=due_at,
        queueing_lock=queueing_lock,
        allow_unknown=True,
    )
    try:
        job.defer(at=at.isoformat(), **arguments)
    except AlreadyEnqueued:
        return False
    return True
