"""What deeds of the audit trail are called: `settlement.submitted` in the reader's own words.

A code is a noun and a verb. Each app names its own nouns, and the verbs that nobody else has, when
its pages are found; what nobody named is shown as it is written.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

Words = str | Promise

REFUSED = ".refused"
"""How the code of a refused deed ends (`ledger.actions.audit.record_refusal`)."""

_NOUNS: dict[str, Words] = {
    "approval_tier": gettext_lazy("approval tier"),
    "books": gettext_lazy("books"),
    "business_day": gettext_lazy("business day"),
    "job": gettext_lazy("job"),
    "month": gettext_lazy("month"),
    "period": gettext_lazy("period"),
    "period_reopening": gettext_lazy("reopening of a period"),
    "seal": gettext_lazy("seal"),
    "staff": gettext_lazy("staff"),
    "staff_roles": gettext_lazy("roles of somebody"),
}
# By verb, or by `noun.verb` where one noun says it otherwise.
_VERBS: dict[str, Words] = {
    "approve": pgettext_lazy("deed", "approve"),
    "approve_reopening": pgettext_lazy("deed", "approve reopening"),
    "reject_reopening": pgettext_lazy("deed", "reject reopening"),
    "request_reopening": pgettext_lazy("deed", "request reopening"),
    "ask": pgettext_lazy("deed", "ask for"),
    "asked": gettext_lazy("asked for"),
    "booked": gettext_lazy("booked"),
    "close": pgettext_lazy("deed", "close"),
    "expired": gettext_lazy("expired"),
    "export": pgettext_lazy("deed", "export"),
    "exported": gettext_lazy("exported"),
    "lock_out": pgettext_lazy("deed", "lock out"),
    "locked_out": gettext_lazy("locked out"),
    "preview": pgettext_lazy("deed", "preview"),
    "reopen": pgettext_lazy("deed", "reopen"),
    "approved": gettext_lazy("approved by one person"),
    "approval_expired": gettext_lazy("nobody decided in time"),
    "approval_voided": gettext_lazy("request for approval withdrawn"),
    "job.put_back": gettext_lazy("given back to the workers"),
    "job.try_again": pgettext_lazy("deed", "try again"),
    "cancel": pgettext_lazy("deed", "cancel"),
    "cancelled": gettext_lazy("cancelled"),
    "changed": gettext_lazy("changed"),
    "closed": gettext_lazy("closed"),
    "create": pgettext_lazy("deed", "create"),
    "created": gettext_lazy("created"),
    "executed": gettext_lazy("carried out"),
    "propose": pgettext_lazy("deed", "propose"),
    "proposed": gettext_lazy("proposed"),
    "registered": gettext_lazy("registered"),
    "reject": pgettext_lazy("deed", "reject"),
    "rejected": gettext_lazy("rejected"),
    "released": gettext_lazy("released"),
    "reopened": gettext_lazy("reopened"),
    "reopening_requested": gettext_lazy("reopening requested"),
    "request": pgettext_lazy("deed", "request"),
    "requested": gettext_lazy("requested"),
    "reversed": gettext_lazy("reversed"),
    "run": gettext_lazy("run"),
    "submit": pgettext_lazy("deed", "submit"),
    "voided": gettext_lazy("withdrawn"),
    "withdraw": pgettext_lazy("deed", "withdraw"),
    "withdrawn": gettext_lazy("withdrawn"),
}


def name_deeds(*, nouns: Mapping[str, Words], verbs: Mapping[str, Words] | None = None) -> None:
    """Say what nouns and verbs of some codes are called; apps do it when their pages are found."""
    _NOUNS.update(nouns)
    _VERBS.update(verbs or {})


def has_verb(verb: str) -> bool:
    """Tell whether a verb is named for whatever noun."""
    return verb in _VERBS


def has_words(code: str) -> bool:
    """Tell whether both parts of a code have been named."""
    deed = code.removesuffix(REFUSED)
    noun, _dot, verb = deed.rpartition(".")
    return noun in _NOUNS and (deed in _VERBS or verb in _VERBS)


def deed_words(code: str) -> str:
    """Return what a code means: `settlement: submitted`, `refused: settlement: approve`."""
    if not has_words(code):
        return code
    deed = code.removesuffix(REFUSED)
    noun, _dot, verb = deed.rpartition(".")
    words = _("%(noun)s: %(verb)s") % {
        "noun": _NOUNS[noun],
        "verb": _VERBS.get(deed) or _VERBS[verb],
    }
    return _("refused · %(deed)s") % {"deed": words} if deed != code else words


def named_nouns() -> list[tuple[str, str]]:
    """Return every noun with its words, in the order of the words: a choice for pages."""
    return sorted(((noun, str(words)) for noun, words in _NOUNS.items()), key=lambda pair: pair[1])
