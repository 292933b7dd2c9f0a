"""The clock-table of periodic work. It reads the clock and defers by name; tasks do the rest.

What is due is derived from data, never from ticks: a tick that is missed costs nothing but time.
Ticks of machines are in the queue `clock`, those of business days in `calendar`; a rehearsal on
a virtual clock leaves the latter alone.
"""

from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from config import clock
from ledger import jobs

DEAD_SECONDS = 60
"""A worker that has not shown itself for so long is taken for dead."""


@app.periodic(cron="* * * * * */5")
@app.task(name="config.look_after_orders", queue="clock")
def look_after_orders(timestamp: int) -> None:
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

    One whose lock is taken by a job that waits ends here: that one does the same.
    """
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            await app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=False)


@app.periodic(cron="* * * * *")
@app.task(name="config.seal", queue="clock")
def seal(timestamp: int) -> None:
    """Every minute: what was written is sealed, as soon as all that is older is settled."""
    jobs.defer("ledger.seal", at=clock.now(), queueing_lock="ledger.seal")


@app.periodic(cron="30 19 * * *")
@app.task(name="config.prove", queue="clock")
def prove(timestamp: int) -> None:
    """Every night at 03:30 in Shanghai: all laws are asked, and the verdict goes on record."""
    jobs.defer("settlements.prove", at=clock.now(), queueing_lock="settlements.prove")


@app.periodic(cron="20 * * * *")
@app.task(name="config.retire_keys", queue="clock")
def retire_keys(timestamp: int) -> None:
    """Every hour: secrets of replaced channel keys are destroyed once they have overlapped."""
    jobs.defer("payments.retire_keys", at=clock.now(), queueing_lock="payments.retire_keys")


@app.periodic(cron="40 */12 * * *")
@app.task(name="config.refresh_certificates", queue="clock")
def refresh_certificates(timestamp: int) -> None:
    """Twice a day: the certificates that WeChat Pay signs with now and soon."""
    lock = "payments.refresh_certificates"
    jobs.defer("payments.refresh_certificates", at=clock.now(), queueing_lock=lock)


@app.periodic(cron="50 19 * * *")
@app.task(name="config.examine_channels", queue="clock")
def examine_channels(timestamp: int) -> None:
    """Every night at 03:50 in Shanghai: all channel accounts are examined."""
    jobs.defer("payments.examine_all", at=clock.now(), queueing_lock="payments.examine_all")


@app.periodic(cron="25 * * * *")
@app.task(name="config.forget_calls", queue="clock")
def forget_calls(timestamp: int) -> None:
    """Every hour: how channels answered more than two days ago is forgotten."""
    jobs.defer("payments.forget_calls", at=clock.now(), queueing_lock="payments.forget_calls")


@app.periodic(cron="10 19 * * *")
@app.task(name="config.forget_notifications", queue="clock")
def forget_notifications(timestamp: int) -> None:
    """Every night at 03:10 in Shanghai: notifications that were refused long ago are forgotten."""
    lock = "payments.forget_notifications"
    jobs.defer("payments.forget_notifications", at=clock.now(), queueing_lock=lock)


@app.periodic(cron="* * * * *")
@app.task(name="config.expire", queue="calendar")
def expire(timestamp: int) -> None:
    """Every minute: payments and approvals whose time has run out, and what waits for these."""
    at = clock.now()
    jobs.defer("payments.expire", at=at, queueing_lock="payments.expire")
    jobs.defer("settlements.expire", at=at, queueing_lock="settlements.expire")
    jobs.defer("ledger.expire_approvals", at=at, queueing_lock="ledger.expire_approvals")


@app.periodic(cron="*/10 * * * *")
@app.task(name="config.mature", queue="calendar")
def mature(timestamp: int) -> None:
    """Every ten minutes: money whose business day has come becomes available."""
    jobs.defer("payments.mature", at=clock.now(), queueing_lock="payments.mature")


@app.periodic(cron="*/30 * * * *")
@app.task(name="config.settle", queue="calendar")
def settle(timestamp: int) -> None:
    """Every half hour: the settlement run of the business day, if it has not been made."""
    jobs.defer("settlements.run", at=clock.now(), queueing_lock="settlements.run")
