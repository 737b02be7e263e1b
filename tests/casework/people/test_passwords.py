"""Passwords: their digests, and which may be chosen."""

from __future__ import annotations

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.casework import open_office
from overt.casework.people.password_rules import check_new_password
from overt.casework.people.passwords import digest_password, is_outdated, is_password, new_one_time_password
from overt.errors import InputError

CHEAP = argon2.profiles.CHEAPEST


def _check(password: str) -> None:
    check_new_password(
        password, least=12, username="ada.byron@force.example", full_name="Ada King-Noel Byron"
    )


def test_an_office_hashes_as_rfc_9106_recommends_where_memory_is_short(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with open_office(tmp_path_factory.mktemp("office") / "data", environment={}) as office:
        cost = office.password_cost
    assert (cost.type, cost.version) == (argon2.Type.ID, 19)
    assert (cost.memory_cost, cost.time_cost, cost.parallelism) == (64 * 1024, 3, 4)
    assert (cost.salt_len, cost.hash_len) == (16, 32)
    digest = digest_password("three blue kettles", cost)
    assert digest.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_password("three blue kettles", digest, cost)
    assert not is_password("three blue kettle", digest, cost)
    assert not is_outdated(digest, cost)
    assert is_outdated(digest, CHEAP)


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=64))
def test_any_text_can_be_a_password(password: str) -> None:
    assert is_password(password, digest_password(password, CHEAP), CHEAP)


@pytest.mark.parametrize("digest", ["", "nonsense", "$argon2id$v=19$m=65536,t=3,p=4$AAAA$AAAA"])
def test_a_damaged_digest_lets_nobody_in(digest: str) -> None:
    assert not is_password("three blue kettles", digest, CHEAP)


def test_one_time_passwords_differ_and_pass_the_rules() -> None:
    made = {new_one_time_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        _check(password)


@pytest.mark.parametrize(
    "password",
    [
        "three blue kettles",
        "correct donkey battery stapler",
        "my dog is called Overton",
        "zkq vrn plw",
        "пять синих чайников",
        "五つの青いやかんと三つのポット",
        "11 Rye Lane 1987",
        "password kettles",
        "x" * 3 + "yzzyq-plugh",
    ],
)
def test_long_and_odd_is_enough_without_rules_of_composition(password: str) -> None:
    if len(password) >= 12:
        _check(password)
    else:
        with pytest.raises(InputError, match="shorter than 12"):
            _check(password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kettle", "shorter"),
        ("elevenchars", "shorter"),
        ("\u1100\u1161kettlepot", "shorter"),
        ("aaaaaaaaaaaa", "repeats"),
        ("abababababab", "repeats"),
        ("kettlekettle", "repeats"),
        ("121212343434", "repeats"),
        ("123456789012", "run"),
        ("987654321098", "run"),
        ("abcdefghijklm", "run"),
        ("qwertyuiopas", "run"),
        ("1qaz2wsx3edc", "run"),
        ("Password1234", "commonest"),
        ("P@ssw0rd!!!!", "commonest"),
        ("!!!letmein!!!", "commonest"),
        ("Liverpool2024", "commonest"),
        ("PoliceOfficer1", "commonest"),
        ("correct-horse-battery-staple", "commonest"),
        ("ada.byron@force.example", "username"),
        ("ADA.BYRON12345", "username"),
        ("adakingnoelbyron", "name"),
        ("Byron1234567", "name"),
        ("king-noel-9999", "name"),
    ],
)
def test_the_guessable_is_refused(password: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        _check(password)
    assert password not in str(caught.value)
    assert caught.value.field == "new"
