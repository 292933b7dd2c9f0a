"""Up to which block the books were proved: a note beside the published heads, with a keyed hash."""

import hmac as hmacs
import json
import os
from dataclasses import dataclass
from pathlib import Path

from ledger import heads, sealing


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last block of a sound proof."""

    number: int
    hmac: bytes


def path() -> Path:
    """Return the file of the note."""
    return heads.path().with_name("proved.json")


def write(*, number: int, hmac: bytes) -> None:
    """Write the note anew; a reader finds the old one or the new one, never half of one."""
    key_id = sealing.current_key_id()
    told = {"number": number, "hmac": hmac.hex(), "key": key_id, "mac": _mac(key_id, number, hmac)}
    path().parent.mkdir(parents=True, exist_ok=True)
    draft = path().with_name(f"proved.{os.getpid()}")
    draft.write_text(json.dumps(told) + "\n")
    draft.replace(path())


def read() -> Checkpoint | None:
    """Read the note; None when there is none, or when it is not ours."""
    try:
        told = json.loads(path().read_text())
        found = Checkpoint(number=int(told["number"]), hmac=bytes.fromhex(told["hmac"]))
        wanted = _mac(str(told["key"]), found.number, found.hmac)
        is_ours = wanted != "" and hmacs.compare_digest(wanted, str(told["mac"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return found if is_ours else None


def _mac(key_id: str, number: int, hmac: bytes) -> str:
    digest = sealing.keyed(key_id, "tianping proof 1", str(number), hmac.hex())
    return "" if digest is None else digest.hex()
