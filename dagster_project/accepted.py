"""What the settings accept as missing: part of an account that is left out of the value, named and dated.

How it is written in the settings is settings/accepted.py; what it does to a total is sql/derived/cell_status.sql.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """Part of an account that may be missing from `since` (inclusive) until `until` (exclusive, None without an end).

    `chain_id` and `layer` are None where every chain or every layer is meant; `reason` is the user's own text.
    """

    account_id: str
    chain_id: str | None
    layer: str | None
    since: datetime
    until: datetime | None
    reason: str
