"""The policy file tightens; it never loosens."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from overt.casework import Policy, read_policy
from overt.casework.policy import _NEVER_LESS, _NEVER_MORE, SEALS_ALWAYS_REQUIRED, check_policy
from overt.errors import PolicyError


def _write(folder: Path, text: str) -> Path:
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _set(name: str, value: float) -> str:
    section, key = name.split(".")
    whole = isinstance(msgspec.to_builtins(Policy())[section][key], int)
    return f"[{section}]\n{key} = {int(value) if whole else value}\n"


def test_without_a_file_the_defaults_hold_and_keep_their_own_limits(tmp_path: Path) -> None:
    assert read_policy(None) == read_policy(tmp_path / "policy.toml") == Policy()
    check_policy(Policy(), "the defaults")


@pytest.mark.parametrize("name", sorted(_NEVER_MORE))
def test_what_may_only_be_shortened_is_not_lengthened(tmp_path: Path, name: str) -> None:
    limit = _NEVER_MORE[name]
    read_policy(_write(tmp_path, _set(name, limit)))
    for value in (limit + 1, 0, -1):
        with pytest.raises(PolicyError, match=name):
            read_policy(_write(tmp_path, _set(name, value)))


@pytest.mark.parametrize("name", sorted(_NEVER_LESS))
def test_what_may_only_be_raised_is_not_lowered(tmp_path: Path, name: str) -> None:
    least = _NEVER_LESS[name]
    read_policy(_write(tmp_path, _set(name, least + 1)))
    with pytest.raises(PolicyError, match=name):
        read_policy(_write(tmp_path, _set(name, least - 1)))


def test_every_retention_clock_has_a_limit() -> None:
    sections = msgspec.to_builtins(Policy())["retention"]
    assert {f"retention.{key}" for key in sections} <= set(_NEVER_MORE)


def test_a_required_seal_cannot_be_left_out(tmp_path: Path) -> None:
    fewer = [seal for seal in SEALS_ALWAYS_REQUIRED if seal != "no-core-dump"]
    with pytest.raises(PolicyError, match="no-core-dump"):
        read_policy(_write(tmp_path, f"[deployments]\nrequired_seals = {fewer}\n"))
    more = [*SEALS_ALWAYS_REQUIRED, "memory-locked"]
    read = read_policy(_write(tmp_path, f"[deployments]\nrequired_seals = {more}\n"))
    assert read.deployments.required_seals == tuple(more)


@pytest.mark.parametrize(
    "text",
    [
        "[sign_in]\npassword_lenght = 20\n",
        "[sign_inn]\n",
        "[retention]\nalert_hours = 'a day'\n",
        "[retention]\nalert_hours = nan\n",
        "[retention]\nalert_hours = inf\n",
        "[oidc]\nissuer = 'https://login.force.example'\n",
        "[oidc]\nissuer = 'https://x'\nclient_id = 'overt'\nclient_secret = 'not here'\n",
        "not toml",
    ],
)
def test_a_policy_that_is_not_understood_is_refused_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(PolicyError, match=r"policy\.toml"):
        read_policy(_write(tmp_path, text))


def test_a_policy_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes("[watchlists]\ncategories = ['gesucht für']\n".encode("latin-1"))
    with pytest.raises(PolicyError):
        read_policy(file)


def test_the_provider_s_settings_are_read(tmp_path: Path) -> None:
    text = (
        "[oidc]\nissuer = 'https://login.force.example'\nclient_id = 'overt'\nsecret_file = 'oidc.secret'\n"
    )
    settings = read_policy(_write(tmp_path, text)).oidc
    assert settings is not None
    assert (settings.client_id, settings.secret_file, settings.username_claim) == (
        "overt",
        "oidc.secret",
        None,
    )
