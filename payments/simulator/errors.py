"""What the simulator's own doors (not the channels' protocols) refuse."""


class RefusedError(Exception):
    """A request that the simulator will not carry out; nothing was written.

    `status` is the HTTP status to answer with, `code` a stable word for programs, `detail` a
    sentence for people. Sending the same request again is refused again.
    """

    def __init__(self, *, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
