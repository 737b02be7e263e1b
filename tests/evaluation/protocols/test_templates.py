"""Pictures into templates: the border, the face that is meant, and what is drawn over it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from overt.biometrics import DetectionSettings, Faces, load_detector
from overt.errors import EvaluationError
from overt.evaluation.protocols import Preparation, face_meant, make_templates
from tests.gallery.portraits import astronaut

if TYPE_CHECKING:
    from overt.biometrics import ModelPack


@pytest.fixture(scope="module")
def pictures(pack: ModelPack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A photograph; its face alone, cut at brow and chin; and a wall."""
    folder = tmp_path_factory.mktemp("pictures")
    image = astronaut()
    (faces,) = load_detector(pack, DetectionSettings(), threads=1).detect([image])
    left, top, right, bottom = (int(side) for side in faces.boxes[0])
    made = {
        "whole": image,
        "tight": image[top:bottom, left:right],
        "wall": np.full((200, 200, 3), 90, np.uint8),
    }
    for name, picture in made.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return {name: folder / f"{name}.png" for name in made}


def _listed(pictures: dict[str, Path], *names: str) -> list[tuple[str, Path]]:
    return [(name, pictures[name]) for name in names]


def test_one_template_a_picture_and_none_of_a_wall(pack: ModelPack, pictures: dict[str, Path]) -> None:
    made = make_templates(
        pack, _listed(pictures, "whole", "wall", "tight", "whole"), Preparation(), threads=1
    )
    assert made.found.tolist() == [True, False, True, True]
    assert np.linalg.norm(made.vectors, axis=1) == pytest.approx([1, 0, 1, 1], abs=1e-5)
    assert np.array_equal(made.vectors[0], made.vectors[3])
    assert float(made.vectors[0] @ made.vectors[2]) > 0.95
    assert made.eye_distance[0] == pytest.approx(made.eye_distance[2], rel=0.1)
    assert made.digests[0] == made.digests[3] != made.digests[2]


def test_something_over_the_face_changes_the_template_the_same_way_each_time(
    pack: ModelPack, pictures: dict[str, Path]
) -> None:
    whole = _listed(pictures, "whole")
    bare = make_templates(pack, whole, Preparation(), threads=1)
    first, again = (
        make_templates(pack, whole, Preparation(occlusion="mask", seed=5), threads=1) for _ in range(2)
    )
    assert np.array_equal(first.vectors, again.vectors)
    assert float(bare.vectors[0] @ first.vectors[0]) < 0.97


def test_a_file_that_is_no_picture_is_named_with_its_row(pack: ModelPack, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"not a picture")
    with pytest.raises(EvaluationError, match=r"line 7: a\.jpg is not a picture"):
        make_templates(pack, [("line 7", tmp_path / "a.jpg")], Preparation())


def test_the_large_face_in_the_middle_is_meant() -> None:
    image = np.zeros((300, 400, 3), np.uint8)

    def chosen(*boxes: tuple[float, float, float, float]) -> list[float] | None:
        found = Faces(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.zeros((len(boxes), 5, 2), np.float32),
            np.ones(len(boxes), np.float32),
        )
        face = face_meant(found, image)
        return None if face is None else face.boxes[0].tolist()

    middle, corner, large = (150, 100, 250, 200), (0, 0, 110, 110), (60, 40, 260, 260)
    assert chosen() is None
    assert chosen(corner, middle) == list(middle)
    assert chosen(middle, large) == list(large)
    assert chosen(corner) == list(corner)
