"""An index whose parts are on several machines, with the same answers as one."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from overt.errors import ClusterError
from overt.gallery.collections import RE_EMBED, Found, best_of, check_vectors, checked_ids
from overt.gallery.collections.gate import Gate
from overt.gallery.search import require_contract
from overt.gallery.shards._cluster import (
    GONE,
    LARGEST_CALL,
    SHARDS,
    answers,
    connect,
    placed,
    processors,
    stop,
)
from overt.gallery.shards._shard import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from overt.biometrics import Contract, FloatArray
    from overt.gallery.search import Precision

__all__ = ["ShardedIndex"]

_REPAIRS: Final = 4
_PATIENCE: Final = 60.0
_ON_THE_WAY: Final = 32  # calls that carry templates at once


class ShardedIndex:
    """What `CollectionIndex` is, over the nodes of a Ray cluster.

    An image belongs to the shard that its id leaves over when divided by their number. Shards hold their templates in
    their own memory; this process holds which ids there are. When a shard is lost, with its node or alone, it is
    made again on a node that is left, filled from the database, and what it was asked is asked again: a search is
    answered by all of the collection or not at all.

    Shards end with this process, or at `close`.

    Args:
        contract: what templates and probes are bound to.
        address: of the cluster's head.
        refill: gives all ids and templates again, part after part, as the database has them; where a shard is lost
            and there is no refill, the search says so.
        shards: how many parts; as many as the nodes have processors for, if not given.
        label: what the shards are called in the cluster's status; names nobody.
        precision: see `CollectionIndex`.
        threads: processors of each shard.
        patience: seconds within which a node must take a shard.

    Raises:
        ClusterError: no cluster answers, or it has no room for the shards.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        address: str,
        refill: Callable[[], Iterable[tuple[npt.NDArray[np.int64], FloatArray]]] | None = None,
        shards: int | None = None,
        label: str = "collection",
        precision: Precision = "int8",
        threads: int = 1,
        patience: float = _PATIENCE,
    ) -> None:
        self.contract = contract
        self.precision: Precision = precision
        self.repairs = 0
        self._label = label
        self._threads = threads
        self._patience = patience
        self._refill = refill
        self._ray = connect(address)
        self._gate = Gate()
        self._repairing = threading.Lock()
        self._held = np.zeros(0, np.bool_)
        if shards is None:
            shards = max(1, processors(self._ray) // threads)
        self._shards: list[Any] = [self._new(place, shards) for place in range(shards)]

    def __len__(self) -> int:
        with self._gate.reading():
            return int(self._held.sum())

    def require(self, contract: Contract) -> None:
        """Refuse another contract's templates.

        Raises:
            ContractError: `contract` is not this index's.
        """
        require_contract(self.contract, contract, remedy=RE_EMBED)

    def add(self, ids: Sequence[int] | npt.NDArray[np.int64], templates: FloatArray) -> None:
        """Hold these images too; waits for the searches that run.

        Raises:
            ContractError: the templates are not of the contract's dimension.
            EnrolmentError: a template cannot be used.
            ValueError: ids are negative, doubled, held already, or not as many as templates.
            ClusterError: a shard cannot be reached or made again.
        """
        names = checked_ids(ids, templates, self.contract)
        if not len(names):
            return
        with self._gate.writing():
            known = names[names < len(self._held)]
            if self._held[known].any():
                raise ValueError(f"image {int(known[self._held[known]][0])} is held already")
            done: list[int] = []
            try:
                for place in range(len(self._shards)):
                    mine = names % len(self._shards) == place
                    self._fill_surely(place, names[mine], templates[mine])
                    done.append(place)
            except ClusterError:
                for place in done:
                    self._take_away(place, names[names % len(self._shards) == place])
                raise
            room = int(names.max()) + 1
            if room > len(self._held):
                held = np.zeros(room + room // 4, np.bool_)
                held[: len(self._held)] = self._held
                self._held = held
            self._held[names] = True

    def remove(self, ids: Sequence[int] | npt.NDArray[np.int64]) -> int:
        """Hold these images no longer, and have their templates overwritten; waits for the searches that run.

        Returns:
            How many of them were held.
        """
        names = np.unique(np.asarray(ids, np.int64).reshape(-1))
        with self._gate.writing():
            names = names[(names >= 0) & (names < len(self._held))]
            names = names[self._held[names]]
            self._held[names] = False  # a shard that is made again no longer gets them
            for place in range(len(self._shards)):
                self._take_away(place, names[names % len(self._shards) == place])
        return len(names)

    def search(self, probes: FloatArray, k: int) -> Found:
        """The k best images for each probe, of all shards.

        Raises:
            ContractError: the probes are not of the contract's dimension.
            ClusterError: a shard is lost and cannot be made again; says which.
        """
        check_vectors(probes, "probes", self.contract)
        found = Found.nothing(len(probes), k)
        at_once = max(1, LARGEST_CALL // max(self.contract.dimension * 4, k * 12))
        with self._gate.reading():
            for first in range(0, len(probes), at_once):
                part = np.ascontiguousarray(probes[first : first + at_once])
                best = best_of(self._ask_all(part, k), len(part), k)
                found.ids[first : first + len(part)] = best.ids
                found.scores[first : first + len(part)] = best.scores
        return found

    def close(self) -> None:
        """End the shards; their memory goes with their processes."""
        with self._gate.writing():
            for shard in self._shards:
                stop(self._ray, shard)
            self._shards = []
            self._held = np.zeros(0, np.bool_)

    def _ask_all(self, probes: FloatArray, k: int) -> list[Found]:
        found: dict[int, Found] = {}
        for _ in range(_REPAIRS):
            asked = [(at, shard) for at, shard in enumerate(self._shards) if at not in found]
            if not asked:
                break
            said = answers(self._ray, [partial(shard.search.remote, probes, k) for _, shard in asked])
            for (place, shard), one in zip(asked, said, strict=True):
                if one is GONE:
                    self._make_again(place, shard)
                else:
                    found[place] = Found(*one)
        for place in range(len(self._shards)):
            if place not in found:
                raise self._unreached(place, f"it was lost {_REPAIRS} times during one search")
        return list(found.values())

    def _new(self, place: int, of: int) -> Any:
        """An empty shard, on a node that has room."""
        try:
            return placed(
                self._ray,
                kind=Shard,
                given=(self.contract, self.precision, self._threads),
                name=f"{self._label} shard {place + 1} of {of}",
                namespace=SHARDS,
                threads=self._threads,
                patience=self._patience,
            )
        except ClusterError as error:
            raise self._unreached(place, error.what, of=of) from error

    def _make_again(self, place: int, lost: Any) -> None:
        """Put a new shard, with what the lost one held, in its place; unless another search has done so."""
        with self._repairing:
            if self._shards[place] is not lost:
                return
            if self._refill is None:
                raise self._unreached(place, "nothing was given to fill a new one from")
            new = self._new(place, len(self._shards))
            for ids, templates in self._refill():
                mine = (ids % len(self._shards) == place) & (ids < len(self._held))
                mine[mine] = self._held[ids[mine]]
                if not self._fill(new, ids[mine], templates[mine]):
                    break  # lost too: whoever asks it next finds out
            self._shards[place] = new
            self.repairs += 1

    def _fill_surely(self, place: int, ids: npt.NDArray[np.int64], templates: FloatArray) -> None:
        for _ in range(_REPAIRS):
            shard = self._shards[place]
            if self._fill(shard, ids, templates):
                return
            self._make_again(place, shard)
        raise self._unreached(place, f"it was lost {_REPAIRS} times while images were added")

    def _fill(self, shard: Any, ids: npt.NDArray[np.int64], templates: FloatArray) -> bool:
        """Send templates to a shard in small parts; False where it is lost."""
        rows = max(1, LARGEST_CALL // (self.contract.dimension * 4 + 8))
        calls = [
            partial(shard.add.remote, ids[first : first + rows], templates[first : first + rows])
            for first in range(0, len(ids), rows)
        ]
        return all(
            GONE not in answers(self._ray, calls[first : first + _ON_THE_WAY])
            for first in range(0, len(calls), _ON_THE_WAY)
        )

    def _take_away(self, place: int, ids: npt.NDArray[np.int64]) -> None:
        """Remove from a shard; one that is lost holds nothing any more, and will be made again without these."""
        rows = LARGEST_CALL // 8
        shard = self._shards[place]
        answers(
            self._ray,
            [partial(shard.remove.remote, ids[first : first + rows]) for first in range(0, len(ids), rows)],
        )

    def _unreached(self, place: int, why: str, *, of: int | None = None) -> ClusterError:
        shards = len(self._shards) if of is None else of
        images = int(self._held[place::shards].sum())
        return ClusterError(
            f"shard {place + 1} of {shards}, with {images:,} of {int(self._held.sum()):,} images, "
            f"could not be reached: {why}",
            "See overt cluster status, start the node or another one, and ask again",
        )
