"""Which passwords may be chosen: long ones, not the guessable. No rules of composition (NIST SP 800-63B, 3.1.1.2)."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Final

from overt.casework.people.passwords import normalised
from overt.errors import InputError

__all__ = ["check_new_password"]

_FEWEST_DIFFERENT: Final = 5
_RUNS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_AS_LETTERS: Final = str.maketrans("013457@$!", "oieastasi")


def check_new_password(password: str, *, least: int, username: str, full_name: str) -> None:
    """Refuse a password that is too short or too easily guessed.

    Args:
        password: as it was typed.
        least: the policy's least number of characters.
        username: whose it is.
        full_name: whose it is.

    Raises:
        InputError: it names the rule, and never the password.
    """
    text = normalised(password).casefold()
    if len(normalised(password)) < least:
        raise InputError(
            f"The new password is shorter than {least} characters",
            "Choose a longer one; a few words together are easy to remember",
            field="new",
        )
    if len(set(text)) < _FEWEST_DIFFERENT or text in (text + text)[1:-1]:
        raise _guessable("repeats itself")
    if any(text in run or text in run[::-1] for run in _RUNS):
        raise _guessable("is a run of neighbouring letters or keys")
    own = {username.casefold(), username.casefold().split("@")[0], *_squeezed(full_name)}
    if _core(text) in {_core(word) for word in own}:
        raise _guessable("is the username or the name")
    if _core(text) in _common_words():
        raise _guessable("is among the commonest")


@functools.cache
def _common_words() -> frozenset[str]:
    """The words that the commonest passwords are made of; with digits and signs around them they are as common."""
    text = resources.files(__package__).joinpath("common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _guessable(why: str) -> InputError:
    return InputError(
        f"The new password {why}",
        "Choose one that nobody would guess, such as a few unrelated words",
        field="new",
    )


def _squeezed(name: str) -> set[str]:
    words = name.casefold().split()
    return {"".join(words), "".join(reversed(words)), *words}


def _core(text: str) -> str:
    """The letters of a text from its first letter to its last: what is left when digits and signs are put around.

    Signs and digits between them are read as the letters they are put for.
    """
    letters = [i for i, letter in enumerate(text) if letter.isalpha()]
    if not letters:
        return text
    inner = text[letters[0] : letters[-1] + 1].translate(_AS_LETTERS)
    return "".join(letter for letter in inner if letter.isalpha())
