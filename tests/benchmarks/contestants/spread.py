"""How far the accounts of the contestants are spread; the same for all."""

OWNERS = 200
"""Sets of four accounts; each deed takes one of them at random."""


def owner_name(number: int) -> str:
    """Return the owner of one set of accounts."""
    return f"mer_{number:05}"
