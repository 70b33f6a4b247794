"""Whose a history is: settings that name none of its accounts are another portfolio's, and never write to it.

Which mode and version a store is of is schema.py.
"""

from pathlib import Path

import duckdb

from dagster_project.errors import ForeignStoreError
from dagster_project.model import Account
from dagster_project.warehouse import sqlfiles


def refuse_strangers(connection: duckdb.DuckDBPyConnection, place: Path, accounts: tuple[Account, ...]) -> None:
    """Refuse settings that name no account of the history, which `place` holds: they are another portfolio's.

    Raises:
        ForeignStoreError: it holds answers, and none of an account of the settings.
    """
    named = [one.account_id for one in accounts]
    held = connection.execute(sqlfiles.statement("held")).fetchall()
    if held and not any(account_id in named for account_id, _ in held):
        some = ", ".join(label for _, label in held[:3])
        raise ForeignStoreError(
            f"{place}: holds another portfolio's history ({some}), the settings name none of its accounts;"
            " point PORTFOLIO_DATA at a folder of its own, or name an account that left, with its `until`"
        )
