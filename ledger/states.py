"""Hold a noun's states and the moves between them, and say no to every other move."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.errors import IllegalMoveError


class StateTable:
    """The moves that one noun's states allow; whatever is not listed is refused.

    The same table speaks in Python (`require_move`) and in PostgreSQL (`as_trigger_argument`),
    so code and database cannot drift apart.
    """

    def __init__(
        self,
        states: type[models.TextChoices],
        *,
        noun: str | Promise,
        moves: Mapping[str, Iterable[str]],
    ) -> None:
        """Write the table down; `noun` is how people call the thing, for refusals.

        States without moves of their own may be left out of `moves`.

        Raises ValueError if a state is not the noun's, or a state would move to itself.
        """
        self.states = states
        self.noun = noun
        self.moves: Mapping[str, frozenset[str]] = MappingProxyType(
            {state: frozenset(moves.get(state, ())) for state in states}
        )
        strangers = set(moves).union(*self.moves.values()) - set(states.values)
        still = {state for state, news in self.moves.items() if state in news}
        if strangers or still:
            raise ValueError(f"not states of {states.__name__}, or no moves: {strangers | still}")

    @property
    def terminal(self) -> frozenset[str]:
        """Give the states that nothing leaves."""
        return frozenset(state for state, news in self.moves.items() if not news)

    def allows(self, current: str, new: str) -> bool:
        """Tell whether the move is listed. Staying is not a move, so it is not."""
        return new in self.moves.get(current, frozenset())

    def require_move(self, current: str, new: str) -> None:
        """Refuse a move that is not listed; call it after the row is locked.

        Raises IllegalMoveError, also for a state that the noun does not have and for a move to
        the state in which it is: who wants repeats to be harmless asks for the state first.
        """
        if not self.allows(current, new):
            raise IllegalMoveError(
                noun=self.noun, current=self._label_of(current), new=self._label_of(new)
            )

    def as_trigger_argument(self) -> str:
        """Write all moves as `from>to,from>to` in alphabetical order, for the trigger."""
        pairs = sorted(f"{old!s}>{new!s}" for old, news in self.moves.items() for new in news)
        return ",".join(pairs)

    def _label_of(self, state: str) -> str | Promise:
        """Name a state for people; one that does not exist is shown as it was written."""
        return self.states(state).label if state in self.states.values else state


class ApprovalState(models.TextChoices):
    """Where a request for a second person's approval stands."""

    PENDING = "pending", pgettext_lazy("approval", "pending")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    EXPIRED = "expired", _("expired")
    VOIDED = "voided", _("voided")
    EXECUTED = "executed", _("executed")


APPROVAL = StateTable(
    ApprovalState,
    noun=_("An approval request"),
    moves={
        ApprovalState.PENDING: {
            ApprovalState.APPROVED,
            ApprovalState.REJECTED,
            ApprovalState.EXPIRED,
            ApprovalState.VOIDED,
        },
        ApprovalState.APPROVED: {
            ApprovalState.EXECUTED,
            ApprovalState.EXPIRED,
            ApprovalState.VOIDED,
        },
    },
)
"""The people of the request decide; the deed that it guards executes or voids it."""


class PeriodState(models.TextChoices):
    """Whether entries may be dated inside a period."""

    OPEN = "open", pgettext_lazy("period", "open")
    CLOSED = "closed", pgettext_lazy("period", "closed")


PERIOD = StateTable(
    PeriodState,
    noun=_("A period"),
    moves={
        PeriodState.OPEN: {PeriodState.CLOSED},
        PeriodState.CLOSED: {PeriodState.OPEN},
    },
)
"""One person closes; two reopen."""
