"""A row in every table, whatever its columns are: so that a backup test cannot miss a table or a kind of value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Column, Table, insert, select
from sqlalchemy.orm import Session

from overt.records.tables import Base

OF_THE_OFFICE: Final = {"vault_keys", "vault_mark", "audit_entries", "audit_checkpoints", "audit_head"}
"""Tables that an office fills by itself, with what has to fit."""
_VALUES: Final[dict[type, Any]] = {
    str: "größer\n'; --",
    int: 7,
    float: 0.1,
    bool: True,
    bytes: b"\x00\xff",
    date: date(2026, 6, 1),
    datetime: datetime(2026, 6, 1, 9, 0, 0, 123456, tzinfo=UTC),
    object: {"ä": [1, 2.5, None, "x"]},
}


def fill_every_table(session: Session, key_id: str) -> None:
    """One row in each table that the office does not fill by itself; keys point to `key_id`."""
    for table in Base.metadata.sorted_tables:
        if table.name not in OF_THE_OFFICE:
            session.execute(insert(table).values(_row(session, table, key_id)))


def _row(session: Session, table: Table, key_id: str) -> dict[str, Any]:
    return {
        column.name: _value(session, column, key_id)
        for column in table.columns
        if column is not table.autoincrement_column
    }


def _value(session: Session, column: Column[Any], key_id: str) -> Any:
    for key in column.foreign_keys:
        if key.column.table.name == "vault_keys":
            return key_id
        return session.scalar(select(key.column).limit(1))
    value = _VALUES[column.type.python_type]
    return f"{column.table.name}-{column.name}-{value}" if isinstance(value, str) else value
