"""Say what can be refused about jobs of workers."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


class JobError(DomainError):
    """What was asked about a job cannot be done.

    Nothing was written, and no worker was told. Subclasses say why.
    """

    code = "job_refused"
    status = 409
    detail = _("The job stays as it is.")


class UnknownJobError(JobError):
    """There is no such job, or not any more: workers forget what succeeded.

    Nothing was written. Look at the list again.
    """

    code = "unknown_job"
    status = 404
    detail = _("There is no such job, or it has been done.")


class JobReasonMissingError(JobError):
    """A job was to be done again without saying why.

    Nothing was written. Say why, and send it again.
    """

    code = "job_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why the job shall be done again.")


class JobNotGivenUpError(JobError):
    """A job was to be done again that nobody has given up: it waits, is being done, or has ended.

    Nothing was written. Somebody else may have had it done again: look at it anew.
    """

    code = "job_not_given_up"
    detail = _("This job is not given up: it is %(state)s.")


class JobWaitsAlreadyError(JobError):
    """A job was to be done again while another one waits that does the same.

    Nothing was written. What it was to do will be done; try again if it is not.
    """

    code = "job_waits_already"
    retry = "same_key"
    detail = _("Another job waits that does the same. Nothing has to be done.")
