"""Hold the root of every refusal in the house."""

from typing import ClassVar, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Outcome = Literal["not_executed", "executed", "unknown"]
"""What became of the deed: nothing was written, it was done, or nobody knows yet."""

Retry = Literal["same_key", "new_key", "do_not"]
"""How a caller may try again: the same request, a corrected request, or not at all."""


class DomainError(Exception):
    """A deed was refused for a reason that the caller can act on.

    Each subclass is one decision of the caller: a stable unique `code`, the HTTP `status` that
    doors should use, the `outcome` of the deed, how to `retry`, and a translatable `detail`,
    in which `%(name)s` is filled from the keyword arguments. Those arguments stay readable in
    `context`; never pass secrets there. A positional text replaces the detail of the class.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400
    outcome: ClassVar[Outcome] = "not_executed"
    retry: ClassVar[Retry] = "do_not"
    detail: str | Promise = _("The request was refused.")

    def __init__(self, detail: str | Promise | None = None, /, **context: object) -> None:
        """Keep the words and the facts of one refusal."""
        super().__init__()
        if detail is not None:
            self.detail = detail
        self.context = context

    def __str__(self) -> str:
        """Say the detail in the language that is active now, with the facts filled in."""
        sentence = str(self.detail)
        try:
            return sentence % _Facts(self.context)
        except (TypeError, ValueError):
            # A translation with a slip in its placeholders must not hide the refusal.
            return sentence

    def __repr__(self) -> str:
        """Name the class and its facts, for logs."""
        facts = ", ".join(f"{name}={value!r}" for name, value in self.context.items())
        return f"{type(self).__name__}({facts})"


class _Facts(dict[str, object]):
    """Facts for a sentence; a missing one shows as a gap, because a refusal must be heard."""

    def __missing__(self, key: str) -> str:
        return "…"
