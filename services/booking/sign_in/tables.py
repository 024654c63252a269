"""Rows that no event stands behind: hashes of passwords, and failed tries."""

from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, literal_column
from sqlalchemy.dialects import postgresql

from shared.tables import KEYS, SECRET, upsert

beside = MetaData()
passwords = Table(
    "passwords",
    beside,
    Column("account", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    info={SECRET: True},
)
tries = Table(
    "tries",
    beside,
    Column("who", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Text, nullable=False),
)
SET_PASSWORD = upsert(passwords, ["account"])
FORGET_PASSWORD = delete(passwords).where(passwords.c.account == bindparam("b_account"))
_ONE_MORE = postgresql.insert(tries).execution_options(**{KEYS: ("who",)})
COUNT_TRY = _ONE_MORE.on_conflict_do_update(
    index_elements=["who"],
    set_={"count": tries.c.count + literal_column("1"), "last_at": _ONE_MORE.excluded.last_at},
)
FORGIVE = delete(tries).where(tries.c.who == bindparam("b_who"))
FORGET_OLD = delete(tries).where(tries.c.last_at < bindparam("b_before"))
