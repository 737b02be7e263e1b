"""What a worker says of pictures: each look of the desk, or why it cannot look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec
import numpy as np

from overt.biometrics import Faces
from overt.errors import ClusterError, ContractError, PackError
from overt.gallery.desk import Look
from overt.gallery.judgement import Finding
from overt.gallery.watchlist import ReferenceImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import FloatArray
    from overt.errors import OvertError

__all__ = ["Fault", "FaultKind", "read_looks", "write_fault", "write_looks"]

FaultKind: TypeAlias = Literal["pack", "contract", "build"]

_RAISED: Final[dict[FaultKind, type[OvertError]]] = {
    "pack": PackError,
    "contract": ContractError,
    "build": ClusterError,
}
_FLOAT: Final = np.dtype("<f4")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a worker cannot look at pictures.

    Attributes:
        kind: of the error that is raised where the answer is read.
        what: what is wrong, and on which machine.
        remedy: what to do.
    """

    kind: FaultKind
    what: str
    remedy: str


class _Sent(msgspec.Struct, frozen=True, array_like=True):
    """A `Look`; arrays as the bytes of little-endian float32."""

    file: str
    findings: list[Finding]
    measures: dict[str, float]
    size: tuple[int, int] | None
    boxes: bytes
    landmarks: bytes
    scores: bytes
    face: int | None
    kept: ReferenceImage | None
    template: bytes | None


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    looks: list[_Sent]
    fault: Fault | None = None


_decoder: Final = msgspec.msgpack.Decoder(_Answer)


def write_looks(looks: Sequence[Look]) -> bytes:
    """An answer with these looks, in their order. Templates of covered faces are not among what is written."""
    return msgspec.msgpack.encode(_Answer([_sent(look) for look in looks]))


def write_fault(fault: Fault) -> bytes:
    """An answer that says why there are none."""
    return msgspec.msgpack.encode(_Answer([], fault))


def read_looks(answer: bytes) -> list[Look]:
    """The looks of an answer, each as the desk gave it.

    Raises:
        PackError: the machine lacks the model pack, or has it altered; says which machine.
        ContractError: it has another version of it.
        ClusterError: it has another version of Overt.
    """
    read = _decoder.decode(answer)
    if read.fault is not None:
        raise _RAISED[read.fault.kind](read.fault.what, read.fault.remedy)
    return [_look(sent) for sent in read.looks]


def _sent(look: Look) -> _Sent:
    return _Sent(
        look.file,
        look.findings,
        look.measures,
        look.size,
        _bytes(look.faces.boxes),
        _bytes(look.faces.landmarks),
        _bytes(look.faces.scores),
        look.face,
        look.kept,
        None if look.template is None else _bytes(look.template),
    )


def _look(sent: _Sent) -> Look:
    return Look(
        sent.file,
        sent.findings,
        sent.measures,
        sent.size,
        Faces(
            _array(sent.boxes).reshape(-1, 4),
            _array(sent.landmarks).reshape(-1, 5, 2),
            _array(sent.scores),
        ),
        sent.face,
        sent.kept,
        None if sent.template is None else _array(sent.template),
    )


def _bytes(array: FloatArray) -> bytes:
    return np.asarray(array, _FLOAT).tobytes()


def _array(content: bytes) -> FloatArray:
    return np.frombuffer(content, _FLOAT).astype(np.float32)
