"""The peers' loops find the faces that are there, with the pack's weights; a peer that is missing is named."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from overt.biometrics import ImageArray, load_detector, load_embedder
from overt.errors import EvaluationError
from overt.evaluation.bench.comparison import Budget, compare
from overt.evaluation.bench.peers import PEERS, PeerMissingError, catalogue, load_peer
from overt.evaluation.bench.peers.adapters import PlainDetector, PlainRecogniser
from overt.evaluation.scene.portraits import collins_photograph, hopper_photograph

if TYPE_CHECKING:
    from overt.biometrics import ModelPack
    from overt.evaluation.bench.ready import Footage

SIZE = (384, 640)


@pytest.fixture(scope="module")
def two_people() -> ImageArray:
    """uint8 [720, 1280, 3]: two portraits side by side."""
    picture = np.full((720, 1280, 3), 110, np.uint8)
    picture[100:612, 60:572] = collins_photograph()
    picture[60:660, 700:1212] = hopper_photograph()
    return picture


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_finds_both_people(name: str, pack: ModelPack, two_people: ImageArray) -> None:
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            peer = load_peer(name, pack, SIZE)
        except PeerMissingError as error:
            pytest.skip(error.what)
        assert peer.recognise(two_people) == 2
        assert peer.recognise(np.full((720, 1280, 3), 110, np.uint8)) == 0
        assert load_peer(name, pack, SIZE).models == peer.models
    assert peer.version
    assert peer.models


def test_the_adapters_agree_with_the_engine(pack: ModelPack, two_people: ImageArray) -> None:
    faces = load_detector(pack, threads=1).detect([two_people])[0]
    boxes, landmarks, _ = PlainDetector(pack, SIZE).detect(two_people)
    order, theirs = np.argsort(faces.boxes[:, 0]), np.argsort(boxes[:, 0])
    np.testing.assert_allclose(boxes[theirs], faces.boxes[order], atol=6)
    embedder = load_embedder(pack, threads=1)
    chip = np.empty((1, embedder.chip_size, embedder.chip_size, 3), np.uint8)
    own = np.empty((1, embedder.dimension), np.float32)
    for mine, other in zip(order, theirs, strict=True):
        embedder.align(two_people, faces.landmarks[mine : mine + 1], chip)
        embedder.embed(chip, own)
        template = PlainRecogniser(pack).embed(two_people, landmarks[other])
        assert float(template @ own[0]) > 0.97


def test_a_missing_peer_is_reported_and_not_invented(
    pack: ModelPack, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda _: None)
    with pytest.raises(PeerMissingError):
        load_peer("uniface", pack, SIZE)
    found = compare(pack, footage, ("uniface",), Budget(seconds=0, rounds=1))
    assert found.peers == ()
    assert found.not_measured == {"uniface": "the package `uniface` is not installed"}


def test_an_unknown_peer_is_refused(pack: ModelPack) -> None:
    with pytest.raises(EvaluationError, match="There is no peer `facebook`"):
        load_peer("facebook", pack, SIZE)


@pytest.mark.slow
def test_speedup_is_a_ratio_of_times_on_the_same_frames(pack: ModelPack, footage: Footage) -> None:
    if find_spec("uniface") is None:
        pytest.skip("uniface is not installed")
    found = compare(pack, footage, ("uniface",), Budget(seconds=0, rounds=2))
    peer = found.peers[0]
    assert peer.frames == 16
    assert peer.faces_per_frame > 0
    assert peer.speedup.value == pytest.approx(
        peer.engine_frames_per_second / peer.frames_per_second, rel=0.01
    )
