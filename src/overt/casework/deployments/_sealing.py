"""What of a deployment is sealed under its own key: feeds' addresses, reasons and statements in free words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from overt.errors import ConflictError

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.records.tables import Deployment

__all__ = ["Confidential", "mac_of", "open_confidential", "open_text", "seal_confidential", "seal_text"]


class Confidential(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a plan that is not shown.

    Attributes:
        addresses: the feeds' addresses, in the plan's order; they may hold passwords.
        urgent_reason: why it is urgent, in free words.
    """

    addresses: tuple[str, ...]
    urgent_reason: str = ""


def key_of(deployment: Deployment) -> str:
    """The deployment's key.

    Raises:
        ConflictError: its personal data has been deleted, and the key with it.
    """
    if deployment.key_id is None:
        raise ConflictError(
            f"The personal data of {deployment.id} has been deleted, its feeds' addresses with it",
            "What is published of it stays; plan a new deployment",
        )
    return deployment.key_id


def seal_confidential(work: Work, deployment_id: str, key_id: str, content: Confidential) -> bytes:
    """Seal a plan's confidential part."""
    return work.office.vault.seal(
        work.session, key_id, msgspec.msgpack.encode(content), about=f"{deployment_id}.feeds"
    )


def open_confidential(work: Work, deployment: Deployment) -> Confidential:
    """A plan's confidential part."""
    content = work.office.vault.open_sealed(
        work.session, key_of(deployment), deployment.sealed_feeds, about=f"{deployment.id}.feeds"
    )
    return msgspec.msgpack.decode(content, type=Confidential)


def mac_of(work: Work, deployment: Deployment) -> str:
    """A digest of the confidential part under the deployment's key: it changes with it, and gives nothing away."""
    content = msgspec.msgpack.encode(open_confidential(work, deployment))
    return work.office.vault.mac(work.session, key_of(deployment), content, about="feeds").hex()


def seal_text(work: Work, deployment: Deployment, kind: str, text: Any) -> bytes:
    """Seal words (or words by name) about the deployment."""
    return work.office.vault.seal(
        work.session, key_of(deployment), msgspec.msgpack.encode(text), about=f"{deployment.id}.{kind}"
    )


def open_text(work: Work, deployment: Deployment, kind: str, sealed: bytes) -> Any:
    """Words that were sealed with `seal_text`."""
    content = work.office.vault.open_sealed(
        work.session, key_of(deployment), sealed, about=f"{deployment.id}.{kind}"
    )
    return msgspec.msgpack.decode(content)
