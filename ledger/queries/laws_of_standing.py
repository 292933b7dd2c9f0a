"""Whether the laws themselves still stand, and the configuration is what its history says.

Who owns the tables can switch a law off or write it anew, and change what it guards. What the
laws are is compared with what they were when the release was made; what was changed while one was
away is seen from the history, which was not told.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from django.utils.translation import gettext_lazy as _

from ledger.queries import standing
from ledger.queries.integrity import Law, Progress, Violation

CODE = "laws_stand"


def laws_stand(expected: Mapping[str, str], *, apps: Sequence[str]) -> Law:
    """Return the law that all that makes a law for these apps is as `expected` says, and no more.

    `expected` has the digests that `standing.standing` gives of a database as migrations make it.
    """
    return Law(
        code=CODE,
        sentence=_("Every trigger, function, constraint and right is as the release made it."),
        proof=partial(_differences, expected=expected, apps=apps),
    )


def _differences(
    on_progress: Progress, *, expected: Mapping[str, str], apps: Sequence[str]
) -> tuple[int, Sequence[Violation]]:
    found = standing.standing(apps)
    if not standing.has_application_role():
        expected = {
            thing: digest
            for thing, digest in expected.items()
            if not thing.startswith(standing.GRANT)
        }
    return len(expected), list(_compared(expected, found))


def _compared(expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Violation]:
    for thing in sorted(expected.keys() | found.keys()):
        if expected.get(thing) != found.get(thing):
            should_be, is_now = _in_words(thing, expected.get(thing), found.get(thing))
            yield Violation(CODE, thing, should_be, is_now)


def _in_words(thing: str, expected: str | None, found: str | None) -> tuple[str, str]:
    """Say what should be and what is: rights as they are, and nothing of digests."""
    if thing.startswith(standing.GRANT):
        return expected or "no right", found or "no right"
    if expected is None:
        return "not of this release", "there"
    if found in (None, standing.SWITCHED_OFF):
        return "in force", found or "missing"
    return "as released", "changed"


LAWS_OF_HISTORY = (
    Law(
        code="configuration_follows_history",
        sentence=_("Everything that is configured is what its history says."),
        count="SELECT count(*) FROM ledger_configurationchange",
        differences="SELECT place, expected, found FROM ledger_history_differences()",
    ),
)
"""What must always be true of the configuration."""
