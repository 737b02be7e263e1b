"""The master key: refused clearly when it is missing, wrong or no key; rotated with no moment in which none fits."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sqlalchemy import select

from overt.casework import Actor, Office, Role, open_office
from overt.casework.vault_room import rotate_vault
from overt.errors import AuthorityError, VaultError
from overt.records import KEY_VARIABLE, MasterKey
from overt.records.tables import AuditEntry, VaultKey
from tests.offices import Staff


@pytest.fixture
def administrator(staff: Staff) -> Actor:
    return staff(Role.ADMINISTRATOR)


@pytest.fixture
def sealed(office: Office) -> tuple[str, bytes]:
    """A key below a key, and something sealed under it."""
    with office.database.transaction() as session:
        top = office.vault.new_key(session, "watchlist", office.now())
        key = office.vault.new_key(session, "entry", office.now(), parent=top)
        return key, office.vault.seal(session, key, b"Ada Example", about="x")


def opened(office: Office, sealed: tuple[str, bytes]) -> bytes:
    with office.database.transaction() as session:
        return office.vault.open_sealed(session, *sealed, about="x")


def test_a_new_key_is_its_owner_s_alone_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "new.key"
    made = MasterKey.make(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert MasterKey.from_file(file) == made
    assert made.secret.hex() not in repr(made)
    with pytest.raises(VaultError, match="cannot be written"):
        MasterKey.make(file)
    assert MasterKey.from_file(file) == made


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"not base64!",
        base64.b64encode(bytes(31)),
        base64.b64encode(bytes(33)),
        b"A" * 100_000,
    ],
)
def test_what_is_no_key_is_refused_without_repeating_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(VaultError, match="does not hold a master key") as refused:
        MasterKey.from_file(file)
    assert content == b"" or content.decode("latin-1") not in str(refused.value)
    text = content.decode("latin-1")
    with pytest.raises(VaultError, match=f"{KEY_VARIABLE} does not hold"):
        MasterKey.read(file, {KEY_VARIABLE: text})


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    MasterKey.make(file)
    file.chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        MasterKey.from_file(file)


def test_an_office_without_its_key_or_with_another_does_not_open(
    office: Office, database_url: str | None, tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    MasterKey.make(other)
    with pytest.raises(VaultError, match="not the one this database was sealed with"):
        open_office(office.folder, database_url=database_url, key_file=other, environment={})
    with pytest.raises(VaultError, match="no master key"):
        open_office(office.folder, database_url=database_url, key_file=tmp_path / "none", environment={})
    assert not (tmp_path / "none").exists(), "a key must never be made for a database that has one"
    text = (office.folder / "master.key").read_text(encoding="ascii")
    open_office(
        office.folder, database_url=database_url, key_file=other, environment={KEY_VARIABLE: text}
    ).close()


def test_after_a_rotation_the_new_key_opens_everything_and_the_old_nothing(
    office: Office, administrator: Actor, sealed: tuple[str, bytes], database_url: str | None, tmp_path: Path
) -> None:
    place = office.folder / "master.key"
    old = MasterKey.from_file(place)
    new = MasterKey.make(tmp_path / "new.key")
    rotated = rotate_vault(office, administrator, new)
    assert opened(office, sealed) == b"Ada Example", "the same process goes on"
    assert MasterKey.from_file(place).secret == new.secret
    assert not place.with_name("master.key.next").exists()
    assert rotated.old_key_file is not None
    kept = place.with_name(rotated.old_key_file)
    assert MasterKey.from_file(kept).secret == old.secret
    with open_office(office.folder, database_url=database_url, environment={}) as again:
        assert opened(again, sealed) == b"Ada Example"
        with again.database.reading() as session:
            roots = session.scalars(select(VaultKey).where(VaultKey.parent_id.is_(None))).all()
            assert len(roots) == rotated.keys
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert last is not None
        assert (last.command, last.details) == ("vault.rotate", f'{{"keys":{rotated.keys}}}')
    with pytest.raises(VaultError, match="not the one"):
        open_office(office.folder, database_url=database_url, key_file=kept, environment={})


def test_another_process_follows_a_rotation(
    office: Office, administrator: Actor, sealed: tuple[str, bytes], database_url: str | None, tmp_path: Path
) -> None:
    with open_office(office.folder, database_url=database_url, environment={}) as other:
        rotate_vault(office, administrator, MasterKey.make(tmp_path / "new.key"))
        assert opened(other, sealed) == b"Ada Example"
    with open_office(office.folder, database_url=database_url, environment={}) as other:
        rotate_vault(office, administrator, MasterKey.make(tmp_path / "newer.key"))
        with other.database.transaction() as session:
            key = other.vault.new_key(session, "watchlist", other.now())
            made = key, other.vault.seal(session, key, b"made meanwhile", about="x")
        assert opened(office, made) == b"made meanwhile", (
            "wrapped with the new key although read with the old"
        )


def test_a_rotation_that_was_cut_off_after_its_commit_is_finished_at_the_next_opening(
    office: Office,
    administrator: Actor,
    sealed: tuple[str, bytes],
    database_url: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = office.folder / "master.key"
    old = place.read_bytes()
    new = MasterKey.make(office.folder.parent / "new.key")

    def dies(_: MasterKey, __: MasterKey) -> MasterKey:
        raise KeyboardInterrupt

    monkeypatch.setattr(MasterKey, "replace_by", dies)
    with pytest.raises(KeyboardInterrupt):
        rotate_vault(office, administrator, new)
    monkeypatch.undo()
    assert place.read_bytes() == old
    with open_office(office.folder, database_url=database_url, environment={}) as again:
        assert opened(again, sealed) == b"Ada Example"
        assert MasterKey.from_file(place).secret == new.secret
        assert not place.with_name("master.key.next").exists()
        rotate_vault(again, administrator, MasterKey.make(office.folder.parent / "third.key"))
        assert opened(again, sealed) == b"Ada Example"


def test_a_rotation_that_was_cut_off_before_its_commit_never_happened(
    office: Office,
    administrator: Actor,
    sealed: tuple[str, bytes],
    database_url: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = office.folder / "master.key"
    old = place.read_bytes()
    new = MasterKey.make(office.folder.parent / "new.key")
    prepare = MasterKey.prepare_successor

    def dies(key: MasterKey, *given: object) -> Path:
        prepare(key, *given)  # type: ignore[arg-type]  # as it was called
        raise KeyboardInterrupt

    monkeypatch.setattr(MasterKey, "prepare_successor", dies)
    with pytest.raises(KeyboardInterrupt):
        rotate_vault(office, administrator, new)
    monkeypatch.undo()
    with open_office(office.folder, database_url=database_url, environment={}) as again:
        assert opened(again, sealed) == b"Ada Example"
        assert place.read_bytes() == old
        rotate_vault(again, administrator, new)
        assert opened(again, sealed) == b"Ada Example"
        assert MasterKey.from_file(place).secret == new.secret


def test_a_key_from_the_environment_is_rotated_and_no_file_touched(
    office: Office, administrator: Actor, sealed: tuple[str, bytes], database_url: str | None, tmp_path: Path
) -> None:
    place = office.folder / "master.key"
    text = place.read_text(encoding="ascii")
    place.unlink()
    new = MasterKey.make(tmp_path / "new.key")
    with open_office(
        office.folder, database_url=database_url, environment={KEY_VARIABLE: text}
    ) as by_variable:
        assert rotate_vault(by_variable, administrator, new).old_key_file is None
        assert opened(by_variable, sealed) == b"Ada Example"
    assert list(office.folder.glob("master.key*")) == []
    with pytest.raises(VaultError, match=f"from {KEY_VARIABLE} is not the one"):
        open_office(office.folder, database_url=database_url, environment={KEY_VARIABLE: text})
    written = (tmp_path / "new.key").read_text(encoding="ascii")
    with open_office(office.folder, database_url=database_url, environment={KEY_VARIABLE: written}) as again:
        assert opened(again, sealed) == b"Ada Example"


def test_the_key_in_use_is_no_new_key_and_administrators_alone_rotate(
    office: Office, administrator: Actor, staff: Staff, tmp_path: Path
) -> None:
    with pytest.raises(VaultError, match="the one in use"):
        rotate_vault(office, administrator, MasterKey.from_file(office.folder / "master.key"))
    with pytest.raises(AuthorityError):
        rotate_vault(office, staff(Role.AUDITOR), MasterKey.make(tmp_path / "new.key"))
    assert sorted(path.name for path in office.folder.glob("master.key*")) == ["master.key"]


def test_a_new_key_that_cannot_be_written_leaves_the_old_in_use(
    office: Office, administrator: Actor, sealed: tuple[str, bytes], tmp_path: Path
) -> None:
    new = MasterKey.make(tmp_path / "new.key")
    in_the_way = office.folder / "master.key.next"
    in_the_way.mkdir()
    with pytest.raises(VaultError, match="has not changed"):
        rotate_vault(office, administrator, new)
    assert opened(office, sealed) == b"Ada Example"
