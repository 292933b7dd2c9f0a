"""What jobs and their queues are called: `payments.send_refund` in the reader's own words.

Each app names its own tasks when its pages are found; what nobody named is shown as it is written.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise

QUEUES: Final[Mapping[str, Words]] = {
    "money": _("orders and their outcomes"),
    "runs": _("daily runs"),
    "care": _("care of the house"),
    "clock": pgettext_lazy("queue of jobs", "ticks of the clock"),
    "calendar": pgettext_lazy("queue of jobs", "ticks of business days"),
}
"""What waits in each queue (`ledger.jobs.QUEUES`)."""

_WORDS: dict[str, Words] = {
    "ledger.expire_approvals": _("end requests for approval whose time ran out"),
    "ledger.seal": _("seal what was written"),
}


def name_jobs(words: Mapping[str, Words]) -> None:
    """Say what some tasks are called; apps do it when their pages are found."""
    _WORDS.update(words)


def has_name(task: str) -> bool:
    """Tell whether somebody named a task."""
    return task in _WORDS


def job_words(task: str) -> str:
    """Return what a task is called; one that nobody named is shown as it is written."""
    return str(_WORDS.get(task, task))


def queue_words(queue: str) -> str:
    """Return what waits in a queue; one of nobody's is shown as it is written."""
    return str(QUEUES.get(queue, queue))


def named_jobs() -> list[tuple[str, str]]:
    """Return every task with its words, in the order of the words: a choice for pages."""
    return sorted(((task, str(words)) for task, words in _WORDS.items()), key=lambda pair: pair[1])
