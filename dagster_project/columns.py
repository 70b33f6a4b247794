"""What tables are declared with: their kinds of columns, each with its sentence, and those that many of them share."""

from dataclasses import dataclass

import pyarrow as pa

INSTANT = pa.timestamp("us")
"""UTC without a zone: a zoned column puts 1 January into December for a reader in New York."""

BOOKED = pa.decimal128(18, 6)
"""One booked value in US dollars."""

BOOKED_SUM = pa.decimal128(38, 6)
"""A sum of booked values in US dollars."""

TEXTS = pa.list_(pa.field("item", pa.string()))


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what one row is, its Arrow schema, and which columns are no part of the belief.

    Those tell of the taking, or follow from other rows of the same instant.
    """

    name: str
    comment: str
    schema: pa.Schema
    provenance: frozenset[str] = frozenset()

    @property
    def belief(self) -> tuple[str, ...]:
        """The columns that decide whether a re-taken slice differs from the one it would replace."""
        return tuple(name for name in self.schema.names if name not in self.provenance)


def column(name: str, kind: pa.DataType, comment: str, *, null: bool = False) -> pa.Field:
    """Declare a column with the sentence that explains it; `null` says whether it may be absent."""
    return pa.field(name, kind, nullable=null, metadata={"comment": comment})


AS_OF = column("as_of", INSTANT, "The instant this row stands for, UTC: the cron tick.")
PROVIDER = column("provider", pa.string(), "The outside API family that was asked.")
PULL_KEY = column("pull_key", pa.string(), "Which planned question of the provider this belongs to.")
ACCOUNT_ID = column("account_id", pa.string(), "The wallet, CAIP-10 style, EVM in lower case.")
CHAIN_ID = column("chain_id", pa.string(), "The chain as its CAIP-2 id.")
LAYER = column("layer", pa.string(), "The part of the account: wallet, position, debt or reward.")
OUTCOME = column("outcome", pa.string(), "How it ended: answered, empty, failed or not_available.")
REASON = column("reason", pa.string(), "Why it failed or was not available, one code.", null=True)
OBSERVED = column("observed_at", INSTANT, "When the provider's answer arrived, UTC.", null=True)
EFFECTIVE = column("effective_at", INSTANT, "The instant the answer is true for, UTC.", null=True)
RECORDED = column("recorded_at", INSTANT, "When this belief was taken, UTC; earlier beliefs are superseded.")
