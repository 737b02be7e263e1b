"""Search another process's memory for bytes that should be gone."""

from __future__ import annotations

import re
from pathlib import Path

PIECE = 2**20
OVERLAP = 256


def residues(pid: int, needles: dict[str, list[bytes]]) -> dict[str, int]:
    """How many of the needles of each form stand anywhere in the process's private writable memory."""
    places = {}
    found: dict[str, set[bytes]] = {form: set() for form in needles}
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, _, _, _, *name = line.split(None, 5)
        if rights.startswith("rw") and not (name and name[0].startswith(("/dev", "[vvar"))):
            start, end = (int(part, 16) for part in span.split("-"))
            places[start] = end
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in places.items():
            for at in range(start, end, PIECE):
                memory.seek(at)
                try:
                    part = memory.read(min(end, at + PIECE + OVERLAP) - at)
                except OSError:
                    continue
                if part.count(0) == len(part):
                    continue
                for form, wanted in needles.items():
                    found[form].update(needle for needle in wanted if needle in part)
    return {form: len(ones) for form, ones in found.items()}


def telling(blob: bytes, size: int, count: int) -> list[bytes]:
    """Up to `count` pieces of `size` bytes, spread over the blob, that could not occur by chance."""
    step = max(size, len(blob) // (count * 4))
    pieces = [blob[at : at + size] for at in range(0, len(blob) - size, step)]
    return [
        piece for piece in pieces if len(set(piece)) > 5 and not re.search(rb"(.)\1{7}", piece, re.DOTALL)
    ][:count]
