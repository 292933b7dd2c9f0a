"""Jobs that workers gave up, as tests make them; and a worker that does what waits in `tests`."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger import jobs
from ledger.models import Job
from tests.instants import NOON

QUEUE = "tests"


def given_up(
    name: str = "payments.send_refund", *, status: str = "failed", tries: int = 9, **arguments: str
) -> Job:
    """Have a job asked for, begun so many times, and end as failed or otherwise."""
    lock = arguments.pop("queueing_lock", None)
    jobs.defer(name, at=NOON, queueing_lock=lock, **arguments)
    job = Job.objects.order_by("-pk")[0]
    for _ in range(tries):
        set_status(job, "doing")
        set_status(job, "todo", attempts=True)
    if status != "todo":
        set_status(job, "doing")
        set_status(job, status, attempts=status == "failed")
    return Job.objects.get(pk=job.pk)


def set_status(job: Job, status: str, *, attempts: bool = False) -> None:
    """Move a job as procrastinate does; its triggers tell of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status,"
            " attempts = attempts + %s WHERE id = %s",
            [status, int(attempts), job.pk],
        )


def work() -> None:
    """Let a real worker do what waits in `tests`, with the connections of a worker."""

    def run() -> None:
        try:
            with app.replace_connector(app.connector.get_worker_connector()):
                asyncio.run(_work())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        worker.submit(run).result()


async def _work() -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=[QUEUE], wait=False, install_signal_handlers=False, concurrency=1
        )


def status_of(job_id: int) -> str:
    """Return where a job stands."""
    return str(ProcrastinateJob.objects.values_list("status", flat=True).get(pk=job_id))
