"""Write known flows: what one import says of an account takes the place of what an earlier one said, whole.

How a file of them is read is imports/; which connection and which lock is store.py.
"""

import duckdb

from dagster_project.flows import Flows
from dagster_project.model import utc
from dagster_project.registers import FLOW, FLOWSPAN
from dagster_project.slices import table_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.revision import advance


def replace_flows(connection: duckdb.DuckDBPyConnection, imported: Flows) -> int:
    """Replace the flows of the imported accounts, inside the caller's transaction; gives how many went."""
    recorded_at = utc(imported.recorded_at)
    flows = [
        (
            one.account_id, utc(one.moved_at), one.asset_id, one.amount_exact, float(one.amount_exact),
            one.kind.value, one.note, recorded_at, one.is_date_only,
        )
        for one in imported.flows
    ]  # fmt: skip
    spans = [(one.account_id, utc(one.since), utc(one.until), recorded_at) for one in imported.spans]
    connection.register("incoming_flow", table_of(FLOW.schema, flows))
    connection.register("incoming_flowspan", table_of(FLOWSPAN.schema, spans))
    gone = connection.execute("select count(*) from flow semi join incoming_flowspan using (account_id)").fetchall()
    connection.execute(sqlfiles.statement("flows"))
    advance(connection)
    return int(gone[0][0])
