"""Jobs of workers that were given up: somebody has mended what was wrong, and has them done."""

from datetime import datetime

from django.db import transaction

from ledger import jobs, locks
from ledger.actions.audit import record_audit
from ledger.errors import (
    JobNotGivenUpError,
    JobReasonMissingError,
    JobWaitsAlreadyError,
    UnknownJobError,
)
from ledger.models import Job, JobState


@transaction.atomic(durable=True)
def try_again(
    job_id: int,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Have a job done once more that was given up, with the arguments that it has.

    It waits in its queue from now on. Jobs are idempotent: what was done meanwhile is not done
    twice, and no money moves that was not asked for.

    Raises JobReasonMissingError, UnknownJobError, JobNotGivenUpError where it waits, is being done
    or has ended otherwise, or JobWaitsAlreadyError while another one waits that does the same;
    nothing is written then.
    """
    if not reason.strip():
        raise JobReasonMissingError
    try:
        job, machine_at = locks.locked_job(job_id)
    except Job.DoesNotExist:
        raise UnknownJobError from None
    if job.state != JobState.FAILED:
        raise JobNotGivenUpError(state=job.state.label)
    if not jobs.put_back(job.pk, due_at=machine_at):
        raise JobWaitsAlreadyError
    record_audit(
        action="job.put_back",
        subject=job.subject,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"status": JobState.FAILED},
        after={"status": JobState.TODO, "task": job.task_name, "queue": job.queue_name},
    )
