"""The steps of a recipe page, and a journey that takes exactly those."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

_STEP = re.compile(r"^## \d+\. (.+)$", re.MULTILINE)


class Recipe:
    """A page of docs/recipes whose numbered headings are the steps of a journey."""

    def __init__(self, page: str) -> None:
        """Read the page's steps."""
        text = (settings.BASE_DIR / "docs" / "recipes" / page).read_text()
        self.steps = _STEP.findall(text)
        self.taken: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take one step; what fails inside is said to have failed there."""
        try:
            yield
        except Exception as error:
            error.add_note(f"in the step: {name}")
            raise
        self.taken.append(name)
