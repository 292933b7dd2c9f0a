"""What the house does by the minute, by the second: dead workers and expired payments.

And a tick each two seconds, of which a file keeps the job that brought it: two schedulers and three
workers read this table, and each instant may bring one job only.
"""

import json
import os

from procrastinate import JobContext
from procrastinate.contrib.django import app

from config import clock, schedule
from ledger import jobs
from ledger.jobs import tick

DEAD_SECONDS = 12


@app.periodic(cron="* * * * * */4")
@app.task(name="harness.retry_stalled", queue="clock")
async def retry_stalled(timestamp: int) -> None:
    """Put the jobs of dead workers back; the house does so every minute."""
    await schedule.retry_jobs_of_the_dead(seconds=DEAD_SECONDS)


@tick("harness.expire", cron="* * * * * */5")
def expire() -> None:
    """End what nobody may pay any more; the house does so every minute."""
    at = clock.now()
    jobs.defer("payments.expire", at=at, queueing_lock="payments.expire")
    jobs.defer("payments.fund_refunds", at=at, queueing_lock="payments.fund_refunds")


@app.periodic(cron="* * * * * */2")
@app.task(name="harness.tick", queue="clock", pass_context=True)
def tick(context: JobContext, timestamp: int) -> None:
    """Write down which job came for this second; one that is run again writes the same."""
    with open(os.environ["HARNESS_TICKS"], "a") as file:  # noqa: PTH123
        file.write(json.dumps({"second": timestamp, "job": context.job.id}) + "\n")
