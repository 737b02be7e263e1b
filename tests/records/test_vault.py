"""The vault: what is sealed opens where it belongs and nowhere else, and never after its key is gone."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from overt.casework import Office, open_office
from overt.errors import VaultError
from overt.records import Vault
from overt.records.tables import VaultKey, VaultMark


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), place=st.integers(0, 400), bit=st.integers(0, 7))
def test_sealed_bytes_open_whole_or_not_at_all(office: Office, content: bytes, place: int, bit: int) -> None:
    vault = office.vault
    with office.database.transaction() as session:
        key = vault.new_key(session, "test", office.now())
        sealed = vault.seal(session, key, content, about="entry-1.fields")
        assert content not in sealed or len(content) < 4
        assert vault.open_sealed(session, key, sealed, about="entry-1.fields") == content
        bad = bytearray(sealed)
        bad[place % len(bad)] ^= 1 << bit
        for altered in (bytes(bad), sealed[:-1], sealed + b"\0", b""):
            with pytest.raises(VaultError, match=r"entry-1\.fields was altered"):
                vault.open_sealed(session, key, altered, about="entry-1.fields")


def test_what_is_sealed_opens_in_its_own_place_only(office: Office) -> None:
    vault = office.vault
    with office.database.transaction() as session:
        one, other = vault.new_keys(session, "entry", office.now(), 2)
        first, second = (vault.seal(session, key, b"name", about="sealed") for key in (one, other))
        picture = vault.seal(session, one, b"pixels", about="picture")
        assert vault.open_many(session, [(one, first, "sealed"), (other, second, "sealed")]) == [b"name"] * 2
        for swapped in ((one, second, "sealed"), (other, first, "sealed"), (one, picture, "sealed")):
            with pytest.raises(VaultError, match="altered"):
                vault.open_many(session, [swapped])


def test_a_wrapped_key_in_another_row_is_refused(office: Office) -> None:
    vault = office.vault
    with office.database.transaction() as session:
        one, other = vault.new_keys(session, "entry", office.now(), 2)
        sealed = vault.seal(session, one, b"x", about="x")
    with office.database.transaction() as session:
        wrapped = session.get_one(VaultKey, other).wrapped
        session.execute(update(VaultKey).where(VaultKey.id == one).values(wrapped=wrapped))
        with pytest.raises(VaultError, match="altered"):
            vault.open_sealed(session, one, sealed, about="x")


def test_a_destroyed_key_takes_all_below_it_along(office: Office) -> None:
    vault = office.vault
    with office.database.transaction() as session:
        top = vault.new_key(session, "watchlist", office.now())
        middle = vault.new_key(session, "entry", office.now(), parent=top)
        below = vault.new_keys(session, "image", office.now(), 3, parent=middle)
        apart = vault.new_key(session, "watchlist", office.now())
        sealed = vault.seal(session, below[0], b"x", about="x")
        kept = vault.seal(session, apart, b"y", about="y")
    with office.database.transaction() as session:
        assert vault.open_sealed(session, below[0], sealed, about="x") == b"x"
        assert vault.destroy(session, [top]) == 5
        with pytest.raises(VaultError, match="destroyed"):
            vault.open_sealed(session, below[0], sealed, about="x")
        assert vault.open_sealed(session, apart, kept, about="y") == b"y"
    with office.database.transaction() as session:
        assert vault.destroy(session, [top]) == 0
        with pytest.raises(VaultError, match="destroyed"):
            vault.seal(session, middle, b"x", about="x")


def test_a_key_destroyed_by_another_process_is_never_used_again(
    office: Office, database_url: str | None
) -> None:
    with office.database.transaction() as session:
        key = office.vault.new_key(session, "entry", office.now())
        sealed = office.vault.seal(session, key, b"x", about="x")
    with office.database.transaction() as session:
        assert office.vault.open_sealed(session, key, sealed, about="x") == b"x"
    with (
        open_office(office.folder, database_url=database_url, environment={}) as other,
        other.database.transaction() as session,
    ):
        other.vault.destroy(session, [key])
    with office.database.transaction() as session, pytest.raises(VaultError, match="destroyed"):
        office.vault.open_sealed(session, key, sealed, about="x")


def test_keys_of_a_transaction_that_failed_are_not_there(office: Office) -> None:
    made: list[str] = []

    def fail() -> None:
        with office.database.transaction() as session:
            made.append(office.vault.new_key(session, "entry", office.now()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with office.database.transaction() as session, pytest.raises(VaultError, match="destroyed"):
        office.vault.seal(session, made[0], b"x", about="x")


def test_opening_many_asks_the_database_once_for_each_few_hundred_keys(office: Office) -> None:
    """Counted, so that it holds on any machine: 2,000 entries of one list cost a handful of queries, not 2,000."""
    from sqlalchemy import event

    vault = office.vault
    with office.database.transaction() as session:
        top = vault.new_key(session, "watchlist", office.now())
        keys = vault.new_keys(session, "entry", office.now(), 2000, parent=top)
        sealed = [(key, vault.seal(session, key, key.encode(), about=key), key) for key in keys]
    asked: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with office.database.transaction() as session:
        assert vault.open_many(session, sealed) == [key.encode() for key in keys]
    assert len(asked) <= 8, asked


def test_macs_are_equal_for_equals_under_one_key_and_use_only(office: Office) -> None:
    vault = office.vault
    with office.database.transaction() as session:
        one, other = vault.new_keys(session, "watchlist", office.now(), 2)
        mac = vault.mac(session, one, b"REF-1", about="reference")
        assert mac == vault.mac(session, one, b"REF-1", about="reference")
        assert len({mac, vault.mac(session, other, b"REF-1", about="reference")}) == 2
        assert mac != vault.mac(session, one, b"REF-1", about="picture")
        assert mac != vault.mac(session, one, b"REF-2", about="reference")


def test_a_database_with_keys_and_without_its_mark_is_refused(office: Office) -> None:
    with office.database.transaction() as session:
        office.vault.new_key(session, "x", office.now())
        session.delete(session.get_one(VaultMark, 1))
        session.flush()
        with pytest.raises(VaultError, match="no vault mark"):
            Vault.open(session, office.vault.master, office.now())


def test_many_threads_may_seal_and_open_at_once(office: Office) -> None:
    with office.database.transaction() as session:
        keys = office.vault.new_keys(session, "entry", office.now(), 4)
    wrong: list[object] = []

    def work(key: str) -> None:
        for _ in range(5):
            with office.database.transaction() as session:
                sealed = office.vault.seal(session, key, key.encode(), about=key)
                if office.vault.open_sealed(session, key, sealed, about=key) != key.encode():
                    wrong.append(key)

    threads = [threading.Thread(target=work, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with office.database.reading() as session:
        assert session.scalar(select(VaultKey.id).where(VaultKey.id == keys[0])) == keys[0]
