"""What a server sends to browsers, all of it; and whether anybody can be recognised in it who should not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from overt.biometrics import (
    DetectionSettings,
    FloatArray,
    ImageArray,
    ModelPack,
    load_detector,
    load_embedder,
)

SMALLEST_SIDE = 480
"""Small pictures are looked at this large, so that the detector has its best chance."""


@dataclass(frozen=True)
class Sent:
    """An answer: where, what kind, and its whole body."""

    path: str
    kind: str
    body: bytes


@dataclass
class Wiretap:
    """Stands around the application and keeps every answer's body."""

    app: ASGIApp
    sent: list[Sent] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kind, body = "", bytearray()

        async def sending(message: Message) -> None:
            nonlocal kind
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"").decode()
            else:
                body.extend(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self.sent.append(Sent(scope["path"], kind, bytes(body)))

    def pictures(self) -> list[Sent]:
        """The answers that were pictures of anything but the console's own signs."""
        return [one for one in self.sent if one.kind.startswith("image/") and "svg" not in one.kind]


class Recogniser:
    """Finds the faces in a picture and who they are like, as an attacker with the embedded pack would.

    What the detector itself holds for less than even odds is left out: from the edges of a mosaic it makes a "face"
    now and then, whose template is like that of anybody who was as badly seen.
    """

    def __init__(self, pack: ModelPack) -> None:
        self._detector = load_detector(pack, DetectionSettings(score_threshold=0.5))
        self._embedder = load_embedder(pack)
        self.threshold = pack.manifest.operating_point.threshold

    def templates(self, picture: ImageArray) -> FloatArray:
        """float32 [n, dimension]: one for each face that is found."""
        scale = max(1.0, SMALLEST_SIDE / min(picture.shape[:2]))
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        (faces,) = self._detector.detect([np.ascontiguousarray(large)])
        found = np.zeros((len(faces), self._embedder.dimension), np.float32)
        if len(faces):
            size = self._embedder.chip_size
            chips = np.zeros((len(faces), size, size, 3), np.uint8)
            self._embedder.align(large, faces.landmarks, chips)
            self._embedder.embed(chips, found)
        return found

    def of_jpeg(self, content: bytes) -> FloatArray:
        """The same of a file."""
        picture: Any = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        return self.templates(picture)

    def is_recognisable(self, picture: bytes, passers_by: FloatArray) -> bool:
        """Whether a picture shows somebody of `passers_by`, at the operating threshold or over it."""
        found = self.of_jpeg(picture)
        return bool(len(found) and (found @ passers_by.T).max() >= self.threshold)
