"""The keys with which a channel signed before, while they overlap with those in use."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator import signing
from payments.simulator.store import Store


@dataclass(frozen=True)
class FormerKey:
    """A key that was replaced, with its certificate where there is one."""

    key: rsa.RSAPrivateKey
    certificate_pem: str


@dataclass
class FormerKeys:
    """The former keys of one channel, by whose they are; instants are virtual milliseconds."""

    store: Store
    channel: str
    _answers: Iterator[int] = field(default_factory=itertools.count)
    _notices: Iterator[int] = field(default_factory=itertools.count)

    def keep(self, owner: str, former: FormerKey, *, until_ms: int) -> None:
        """Let a key that is replaced now sign in turns with the new one until an instant."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO former_keys VALUES (?, ?, ?, ?, ?)",
                (
                    self.channel,
                    owner,
                    signing.private_key_pem(former.key),
                    former.certificate_pem,
                    until_ms,
                ),
            )

    def whose_turn(self, owner: str, *, at_ms: int, is_notice: bool) -> FormerKey | None:
        """Give the former key if it is to sign now: every other answer, and every other notice."""
        row = self.store.row(
            "SELECT key_pem, certificate_pem FROM former_keys"
            " WHERE channel = ? AND owner = ? AND until_ms > ?",
            self.channel,
            owner,
            at_ms,
        )
        turns = self._notices if is_notice else self._answers
        if row is None or next(turns) % 2 == 0:
            return None
        return FormerKey(signing.private_key_from(row["key_pem"]), row["certificate_pem"])
