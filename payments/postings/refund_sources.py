"""How the entries of a refund are named: by whose part it is, by the step, and by its turn."""


def request_source(owner_id: str, *, turn: int = 1) -> str:
    """Name the entry by which a refund allocation, or a refund's unallocated part, was funded."""
    return f"{owner_id}:request:{turn}"


def success_source(owner_id: str, *, turn: int = 1) -> str:
    """Name the entry by which its money left the channel."""
    return _of_turn(f"{owner_id}:succeeded", turn)


def failure_source(owner_id: str, *, turn: int = 1) -> str:
    """Name the entry by which its money was given back."""
    return _of_turn(f"{owner_id}:failed", turn)


def by_hand_source(owner_id: str) -> str:
    """Name the entry by which its money left our bank account, paid by hand."""
    return f"{owner_id}:by_hand"


def reversal_source(owner_id: str, *, turn: int = 1) -> str:
    """Name the entry by which its money came back to the channel."""
    return _of_turn(f"{owner_id}:reversed", turn)


def _of_turn(source: str, turn: int) -> str:
    return source if turn == 1 else f"{source}:{turn}"
