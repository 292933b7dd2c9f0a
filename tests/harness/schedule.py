"""What the house does by the minute, by the second: dead workers and expired payments."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from config import schedule
from ledger import jobs

DEAD_SECONDS = 12


@app.periodic(cron="* * * * * */4")
@app.task(name="harness.retry_stalled", queue="clock")
async def retry_stalled(timestamp: int) -> None:
    """Put the jobs of dead workers back; the house does so every minute."""
    await schedule.retry_jobs_of_the_dead(seconds=DEAD_SECONDS)


@app.periodic(cron="* * * * * */5")
@app.task(name="harness.expire", queue="clock")
def expire(timestamp: int) -> None:
    """End what nobody may pay any more; the house does so every minute."""
    at = datetime.fromtimestamp(timestamp, UTC)
    jobs.defer("payments.expire", at=at, queueing_lock="payments.expire")
    jobs.defer("payments.fund_refunds", at=at, queueing_lock="payments.fund_refunds")
