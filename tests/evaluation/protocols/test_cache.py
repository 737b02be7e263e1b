"""Templates on disk: found again, never another preparation's, whole after a torn write."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from overt.errors import EvaluationError
from overt.evaluation.protocols import Preparation, TemplateCache, cache_folder
from overt.evaluation.protocols.cache import Made

if TYPE_CHECKING:
    from overt.biometrics import ModelPack

PICTURE = hashlib.sha256(b"a picture").hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


def _made(pack: ModelPack, value: float) -> Made:
    return Made(np.full(pack.contract.dimension, value, np.float32), 31.5, 0.75)


def test_what_was_flushed_is_there_for_the_next(tmp_path: Path, pack: ModelPack) -> None:
    first = TemplateCache(tmp_path / "cache", pack, Preparation())
    first.put(PICTURE, _made(pack, 0.5))
    first.put(OTHER, Made(None, 0.0, 0.0))
    assert len(TemplateCache(tmp_path / "cache", pack, Preparation())) == 0
    first.flush()
    again = TemplateCache(tmp_path / "cache", pack, Preparation())
    held, none = again.get(PICTURE), again.get(OTHER)
    assert held is not None
    assert held.template is not None
    assert (held.template == 0.5).all()
    assert (held.eye_distance, held.quality) == (31.5, 0.75)
    assert none is not None
    assert none.template is None
    (file,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


def test_two_runs_can_share_it(tmp_path: Path, pack: ModelPack) -> None:
    one, two = (TemplateCache(tmp_path, pack, Preparation()) for _ in range(2))
    one.put(PICTURE, _made(pack, 0.1))
    two.put(OTHER, _made(pack, 0.2))
    one.flush()
    two.flush()
    assert len(TemplateCache(tmp_path, pack, Preparation())) == 2


def test_another_preparation_has_another_file(tmp_path: Path, pack: ModelPack) -> None:
    first = TemplateCache(tmp_path, pack, Preparation())
    first.put(PICTURE, _made(pack, 0.5))
    first.flush()
    for other in (Preparation(pad="always"), Preparation(occlusion="mask"), Preparation(long_side=320)):
        assert TemplateCache(tmp_path, pack, other).get(PICTURE) is None


def test_a_torn_record_is_cut_off_and_a_spoilt_one_passed_over(tmp_path: Path, pack: ModelPack) -> None:
    first = TemplateCache(tmp_path, pack, Preparation())
    for name in (PICTURE, OTHER):
        first.put(name, _made(pack, 0.5))
    first.flush()
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    spoilt = bytearray(whole)
    spoilt[60] ^= 1
    file.write_bytes(bytes(spoilt) + b"half a record")
    again = TemplateCache(tmp_path, pack, Preparation())
    assert again.get(PICTURE) is None
    assert again.get(OTHER) is not None
    again.put(PICTURE, _made(pack, 0.25))
    again.flush()
    held = TemplateCache(tmp_path, pack, Preparation()).get(PICTURE)
    assert held is not None
    assert held.template is not None
    assert held.template[0] == 0.25
    assert file.stat().st_size == len(whole) // 2 * 3


def test_it_lies_beside_the_packs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OVERT_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "evaluation"


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path, pack: ModelPack) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EvaluationError, match="cannot be kept"):
        TemplateCache(tmp_path / "file", pack, Preparation())
