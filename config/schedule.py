"""The clock-table of periodic work. It reads the clock and defers by name; tasks do the rest.

What is due is derived from data, never from ticks: a tick that is missed costs nothing but time.
Ticks of machines are in the queue `clock`, those of business days in `calendar`; a rehearsal on
a virtual clock leaves the latter alone.
"""

import logging

from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from config import clock
from ledger import jobs
from ledger.jobs import tick

LOGGER = logging.getLogger(__name__)
DEAD_SECONDS = 60
"""A worker that has not shown itself for so long is taken for dead."""
DEATHS_MAX = 8
"""As often as a job that raises is tried; what then has killed its worker again is failed."""


@tick("config.look_after_orders", cron="* * * * * */5")
def look_after_orders() -> None:
    """Every five seconds: orders to channels that are due, or whose sender died."""
    jobs.defer("payments.janitor", at=clock.now(), queueing_lock="payments.janitor")
    jobs.defer("settlements.janitor", at=clock.now(), queueing_lock="settlements.janitor")


@app.periodic(cron="* * * * *")
@app.task(name="config.retry_stalled", queue="clock")
async def retry_stalled(timestamp: int) -> None:
    """Every minute: jobs of dead workers go back into the queue. Each is idempotent."""
    await retry_jobs_of_the_dead(seconds=DEAD_SECONDS)


async def retry_jobs_of_the_dead(*, seconds: int) -> None:
    """Put the jobs of workers back that have not shown themselves for so long, machine time.

    One that has been begun DEATHS_MAX times ends here as failed, as it may be what kills its
    workers (F37); what it was to do is derived from data, and looked for by its round again. One
    whose lock is taken by a job that waits ends here: that one does the same. One that somebody
    else put back, or has done after all, holds up no other.

    Raises ExceptionGroup of what went wrong, when all have had their turn.
    """
    failures = []
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        try:
            await _retry(job)
        except ConnectorException as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("jobs of the dead that were not put back", failures)


async def _retry(job: Job) -> None:
    if job.attempts + 1 >= DEATHS_MAX:
        # Counted when it is put back or ends, so this time is not among its attempts yet.
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        LOGGER.error(
            "Job %s (%s) was begun %d times and its worker is dead: it is given up.",
            job.id,
            job.task_name,
            DEATHS_MAX,
        )
        return
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:
        await app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=False)


@tick("config.seal", cron="* * * * *")
def seal() -> None:
    """Every minute: what was written is sealed, as soon as all that is older is settled."""
    jobs.defer("ledger.seal", at=clock.now(), queueing_lock="ledger.seal")


@tick("config.look_back", cron="* * * * *")
def look_back() -> None:
    """Every minute: whether this database is older than the heads that were published."""
    jobs.defer("payments.look_back", at=clock.now(), queueing_lock="payments.look_back")


@tick("config.prove", cron="30 19 * * *")
def prove() -> None:
    """Every night at 03:30 in Shanghai: all laws are asked, and the verdict goes on record."""
    jobs.defer("settlements.prove", at=clock.now(), queueing_lock="settlements.prove")


@tick("config.retire_keys", cron="20 * * * *")
def retire_keys() -> None:
    """Every hour: secrets of replaced channel keys are destroyed once they have overlapped."""
    jobs.defer("payments.retire_keys", at=clock.now(), queueing_lock="payments.retire_keys")


@tick("config.refresh_certificates", cron="40 */12 * * *")
def refresh_certificates() -> None:
    """Twice a day: the certificates that WeChat Pay signs with now and soon."""
    lock = "payments.refresh_certificates"
    jobs.defer("payments.refresh_certificates", at=clock.now(), queueing_lock=lock)


@tick("config.examine_channels", cron="50 19 * * *")
def examine_channels() -> None:
    """Every night at 03:50 in Shanghai: all channel accounts are examined."""
    jobs.defer("payments.examine_all", at=clock.now(), queueing_lock="payments.examine_all")


@tick("config.forget_calls", cron="25 * * * *")
def forget_calls() -> None:
    """Every hour: how channels answered more than two days ago is forgotten."""
    jobs.defer("payments.forget_calls", at=clock.now(), queueing_lock="payments.forget_calls")


@tick("config.forget_notifications", cron="10 19 * * *")
def forget_notifications() -> None:
    """Every night at 03:10 in Shanghai: notifications that were refused long ago are forgotten."""
    lock = "payments.forget_notifications"
    jobs.defer("payments.forget_notifications", at=clock.now(), queueing_lock=lock)


@tick("config.expire", cron="* * * * *", queue="calendar")
def expire() -> None:
    """Every minute: payments and approvals whose time has run out, and what waits for these."""
    at = clock.now()
    jobs.defer("payments.expire", at=at, queueing_lock="payments.expire")
    jobs.defer("settlements.expire", at=at, queueing_lock="settlements.expire")
    jobs.defer("ledger.expire_approvals", at=at, queueing_lock="ledger.expire_approvals")


@tick("config.mature", cron="*/10 * * * *", queue="calendar")
def mature() -> None:
    """Every ten minutes: money whose business day has come becomes available."""
    jobs.defer("payments.mature", at=clock.now(), queueing_lock="payments.mature")


@tick("config.settle", cron="*/30 * * * *", queue="calendar")
def settle() -> None:
    """Every half hour: the settlement run of the business day, if it has not been made."""
    jobs.defer("settlements.run", at=clock.now(), queueing_lock="settlements.run")
