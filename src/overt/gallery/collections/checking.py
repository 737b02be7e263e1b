"""What may be searched with and what may be held, whoever holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from overt.errors import ContractError, EnrolmentError
from overt.gallery.search import first_unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import Contract, FloatArray

__all__ = ["RE_EMBED", "check_vectors", "checked_ids"]

RE_EMBED: Final = "Re-embed the collection with the model pack in use"


def check_vectors(vectors: FloatArray, what: str, contract: Contract) -> None:
    """Refuse what is not float32 [n, dimension].

    Raises:
        ContractError: it is not.
    """
    if vectors.ndim != 2 or vectors.shape[1] != contract.dimension or vectors.dtype != np.float32:
        raise ContractError(
            f"{what} of {contract.pack} {contract.version} are float32 [n, {contract.dimension}], "
            f"but {vectors.dtype} {list(vectors.shape)} came",
            RE_EMBED,
        )


def checked_ids(
    ids: Sequence[int] | npt.NDArray[np.int64], templates: FloatArray, contract: Contract
) -> npt.NDArray[np.int64]:
    """The ids of templates that can be held; that none of them is held already is for the holder to see.

    Raises:
        ContractError: the templates are not of the contract's dimension.
        EnrolmentError: a template is not finite or not of unit length to within 0.001.
        ValueError: ids are negative, doubled, or not as many as templates.
    """
    names = np.asarray(ids, np.int64).reshape(-1)
    check_vectors(templates, "templates", contract)
    if len(names) != len(templates):
        raise ValueError(f"{len(names)} ids came for {len(templates)} templates")
    if len(names) and int(names.min()) < 0:
        raise ValueError(f"ids should not be negative, but {int(names.min())} came")
    if len(np.unique(names)) != len(names):
        raise ValueError("an id came twice")
    if (bad := first_unusable(templates)) is not None:
        raise EnrolmentError(
            f"{bad.number} of {len(templates)} templates cannot be used; "
            f"the first is of image {names[bad.row]}: {bad.found}, should be 1",
            "Ingest its image again",
        )
    return names
