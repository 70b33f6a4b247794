"""The Arrow schema of what changed from one recorded instant to the next, by row and by cell.

Both tables are made anew from the history; docs/metrics.md says what the parts mean.
"""

import pyarrow as pa

from dagster_project.columns import ACCOUNT_ID, AS_OF, BOOKED_SUM, INSTANT, Table, column

CHANGE = Table(
    "change",
    "One row an asset in a cell and step: what it is at the end, and the parts of its change, which add up exactly.",
    pa.schema(
        [
            AS_OF,
            column("previous_as_of", INSTANT, "The recorded instant before it, UTC, none on entering.", null=True),
            ACCOUNT_ID,
            column("chain_id", pa.string(), "The chain as its CAIP-2 id."),
            column("layer", pa.string(), "The part of the account: wallet, position or debt."),
            column("position_id", pa.string(), "The provider's id of the position, empty for plain tokens."),
            column("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            column("price_effect_usd", BOOKED_SUM, "What prices made of what was held, US dollars."),
            column("accrual_usd", BOOKED_SUM, "What it earned or owed by itself, US dollars: a part of income."),
            column("flow_usd", BOOKED_SUM, "What was moved in, out below zero, US dollars."),
            column("scope_usd", BOOKED_SUM, "What entered or left or came with another provider, US dollars."),
            column("revaluation_usd", BOOKED_SUM, "What became priced or unpriced, US dollars."),
            column("exit_price", pa.string(), "Of what is gone, whose price: provider, other, opening.", null=True),
            column("quantity", pa.float64(), "Amount in whole units at the end, below zero for a debt.", null=True),
            column("value_usd", BOOKED_SUM, "Booked value at the end, US dollars, none while unpriced.", null=True),
            column("is_held_before", pa.bool_(), "Whether the record held it at the begin."),
            column("is_held", pa.bool_(), "Whether the record holds it at the end."),
            column("account_hash", pa.uint64(), "Number made of the account id, by which the rows are sorted."),
            column("income_usd", BOOKED_SUM, "What it earned or owed: accrual and claimed rewards, US dollars."),
            column("fee_usd", BOOKED_SUM, "What was lost to fees and penalties, below zero, US dollars."),
            column(
                "entry_usd",
                BOOKED_SUM,
                "What entered or left with its account, chain or layer, US dollars: the part of scope that is capital.",
            ),
            column(
                "ambiguous_usd",
                BOOKED_SUM,
                "How much of income and fees could as well be flow, or the other way round, US dollars.",
            ),
            column("is_moved", pa.bool_(), "Whether the quantity of what can accrue differs at the end."),
            column(
                "own_rate",
                pa.float64(),
                "Growth of the quantity for a year, as the logarithm of its ratio, where it may be accrual.",
                null=True,
            ),
            column(
                "net_rate",
                pa.float64(),
                "The same with what the account moved of the same asset beside it.",
                null=True,
            ),
        ]
    ),
)
"""Made anew from the history whenever it is published; see sql/store/changes.sql."""

OF_AN_ASSET = frozenset({
    "position_id", "asset_id", "exit_price", "quantity", "value_usd", "is_held_before", "is_held", "account_hash",
    "is_moved", "own_rate", "net_rate",
})  # fmt: skip
"""What of a change cannot be added up by cell, or is no part of it."""

ADDED = frozenset({"income_usd", "fee_usd", "entry_usd", "ambiguous_usd"})
"""Columns of later schemas, which stand behind the others."""

MOVEMENT = Table(
    "movement",
    "One row a cell and step in which booked values changed: the changes of its assets added up.",
    pa.schema(
        [
            *(field for field in CHANGE.schema if field.name not in OF_AN_ASSET | ADDED),
            column("exit_count", pa.int64(), "How many assets left at the price they had before."),
            column("is_classified", pa.bool_(), "Whether a flows file covers the step."),
            *(field for field in CHANGE.schema if field.name in ADDED),
        ]
    ),
)
