"""The Arrow schema of every table, declared once, one sentence a field; sql/schema creates the same in DuckDB.

A test holds both equal, names, types, nullability and sentences. What the rows mean together stands in sql/views.
"""

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


def _field(name: str, kind: pa.DataType, comment: str, *, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"comment": comment})


_AS_OF = _field("as_of", INSTANT, "The instant this row stands for, UTC: the cron tick.")
_PROVIDER = _field("provider", pa.string(), "The outside API family that was asked.")
_PULL_KEY = _field("pull_key", pa.string(), "Which planned question of the provider this belongs to.")
_ACCOUNT = _field("account_id", pa.string(), "The wallet, CAIP-10 style, EVM in lower case.")
_CHAIN = _field("chain_id", pa.string(), "The chain as its CAIP-2 id.")
_LAYER = _field("layer", pa.string(), "The part of the account: wallet, position, debt or reward.")
_OUTCOME = _field("outcome", pa.string(), "How it ended: answered, empty, failed or not_available.")
_REASON = _field("reason", pa.string(), "Why it failed or was not available, one code.", null=True)
_OBSERVED = _field("observed_at", INSTANT, "When the provider's answer arrived, UTC.", null=True)
_EFFECTIVE = _field("effective_at", INSTANT, "The instant the answer is true for, UTC.", null=True)
_RECORDED = _field("recorded_at", INSTANT, "When this belief was taken, UTC; earlier beliefs are superseded.")

SNAPSHOT = Table(
    "snapshot",
    "One row an instant for which a snapshot was taken.",
    pa.schema(
        [
            _AS_OF,
            _field("cron", pa.string(), "The cadence in force at this instant, cron in UTC."),
            _field("grace_minutes", pa.int32(), "How many minutes late a now-only answer may be."),
            _field("planned_pulls", pa.int32(), "How many pulls the plan of this instant held."),
            _field("planned_cells", pa.int32(), "How many cells the plan of this instant held."),
            _field("settings_sha256", pa.string(), "Fingerprint of the settings that made the plan, hexadecimal."),
            _RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at", "settings_sha256"}),
)

PULL = Table(
    "pull",
    "One row a question to one endpoint for an instant, however it ended.",
    pa.schema([
        _AS_OF,
        _PROVIDER,
        _PULL_KEY,
        _field("endpoint", pa.string(), "The provider's endpoint, as named in docs/sources."),
        _OUTCOME,
        _REASON,
        _field("detail", pa.string(), "The failure in words, with the field's path where there is one.", null=True),
        _field("http_status", pa.int16(), "HTTP status of the last try, none where nothing was answered.", null=True),
        _OBSERVED,
        _EFFECTIVE,
        _field("lag_seconds", pa.float64(), "Seconds from as_of to effective_at, negative when before.", null=True),
        _field("is_exact_instant", pa.bool_(), "Whether the endpoint was asked for the instant itself."),
        _field("block_number", pa.int64(), "The block the answer is true for, if stated.", null=True),
        _field("unknown_fields", TEXTS, "Members of the body that the contract does not know."),
        _field("tries", pa.int16(), "How many requests were sent for this pull."),
        _field("elapsed_ms", pa.float64(), "Milliseconds of the last try, wall time.", null=True),
        _field("body_bytes", pa.int64(), "Size in bytes of the kept answer's body.", null=True),
        _field("body_sha256", pa.string(), "SHA-256 of the kept body, hexadecimal digits.", null=True),
        _field("request_id", pa.string(), "The provider's own id of the request, if sent.", null=True),
        _field("attempt_id", pa.string(), "Which raw stream keeps the answer."),
        _field("normaliser_version", pa.int16(), "Version of the code that read the body."),
        _field("confirmed_at", INSTANT, "When the same was answered again, UTC, if it was.", null=True),
        _RECORDED,
    ]),
    provenance=frozenset({
        "observed_at", "tries", "elapsed_ms", "body_bytes", "body_sha256",
        "request_id", "attempt_id", "normaliser_version", "confirmed_at", "recorded_at",
    }),
)  # fmt: skip

CELL = Table(
    "cell",
    "One row a planned account x chain x layer of a provider at an instant.",
    pa.schema(
        [
            _AS_OF,
            _PROVIDER,
            _PULL_KEY,
            _ACCOUNT,
            _CHAIN,
            _LAYER,
            _OUTCOME,
            _REASON,
            _field("record_rank", pa.int16(), "The provider's place in the order of record then, from 0."),
            _field("value_usd", BOOKED_SUM, "Sum of the cell's counted booked values, US dollars.", null=True),
            _field(
                "stated_value_usd",
                pa.float64(),
                "The provider's own total of the cell, US dollars, bit for bit.",
                null=True,
            ),
            _field("row_count", pa.int32(), "How many assets the answer held in this cell."),
            _field("unpriced_count", pa.int32(), "How many of them have no known price."),
            _field("quarantined_count", pa.int32(), "How many of them have an unbelievable price or value."),
            _field("doubt", pa.string(), "Why the answer is not believed yet: vanished, or none.", null=True),
            _OBSERVED,
            _EFFECTIVE,
            _RECORDED,
        ]
    ),
    provenance=frozenset({"observed_at", "recorded_at", "value_usd", "doubt"}),
)

BALANCE = Table(
    "balance",
    "One row an asset that a provider says an account holds at an instant.",
    pa.schema(
        [
            _AS_OF,
            _PROVIDER,
            _PULL_KEY,
            _ACCOUNT,
            _CHAIN,
            _LAYER,
            _field("position_id", pa.string(), "The provider's id of the position, empty for plain tokens."),
            _field("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            _field("amount_raw", pa.string(), "Exact amount in base units, decimal digits.", null=True),
            _field("decimals", pa.int16(), "How many decimals the base unit has.", null=True),
            _field("amount", pa.float64(), "Amount in whole units, none while decimals are unknown.", null=True),
            _field("price_usd", pa.float64(), "Price in US dollars a whole unit, bit for bit.", null=True),
            _field("price_status", pa.string(), "Whether the price is priced, unknown, zero or quarantined."),
            _field("stated_value_usd", pa.float64(), "The provider's value in US dollars, bit for bit.", null=True),
            _field("value_usd", BOOKED, "The value booked once, US dollars, six decimals.", null=True),
            _field("price_origin", pa.string(), "Who made it: stated, implied, or a provider's name.", null=True),
            _field("is_counted", pa.bool_(), "Whether the row counts; receipts of positions do not."),
            _RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at", "is_counted"}),
)

POSITION = Table(
    "position",
    "One row a protocol position that a provider says an account has; its legs stand in balance.",
    pa.schema(
        [
            _AS_OF,
            _PROVIDER,
            _PULL_KEY,
            _ACCOUNT,
            _CHAIN,
            _field("position_id", pa.string(), "The provider's id of the position, as in balance."),
            _field("contract_id", pa.string(), "The token that stands for it, as its CAIP-19 type."),
            _field("token_id", pa.string(), "Which NFT it is, decimal digits, 0 for none."),
            _field("kind", pa.string(), "What the provider calls it: lending, dex, staking and others."),
            _field("protocol_id", pa.string(), "The provider's id of the protocol group."),
            _field("protocol_name", pa.string(), "The protocol group's name for people, untrusted text."),
            _field("name", pa.string(), "The contract's own name, which is untrusted text."),
            _field("stated_value_usd", pa.float64(), "The provider's value of it whole, US dollars.", null=True),
            _RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

ALLOWANCE = Table(
    "allowance",
    "One row an approval that lets a spender move an account's asset.",
    pa.schema(
        [
            _AS_OF,
            _PROVIDER,
            _PULL_KEY,
            _ACCOUNT,
            _CHAIN,
            _field("spender", pa.string(), "The contract that may move the asset, in lower case."),
            _field("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            _field("allowance_raw", pa.string(), "Exact allowance in base units, decimal digits."),
            _RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

ATTEMPT = Table(
    "attempt",
    "One row a raw stream whose answers are stored.",
    pa.schema(
        [
            _AS_OF,
            _PROVIDER,
            _field("attempt_id", pa.string(), "The attempt, part of the raw stream's file name."),
            _field("taken_at", INSTANT, "When the attempt began, UTC."),
        ]
    ),
)

ACCOUNT = Table(
    "account",
    "One row a wallet that is or was watched.",
    pa.schema(
        [
            _ACCOUNT,
            _field("address", pa.string(), "The address as people read it, EVM by EIP-55."),
            _field("label", pa.string(), "The name given in the settings."),
            _field("groups", TEXTS, "The account groups it belongs to."),
            _field("since", INSTANT, "Start of its scope if set, UTC, inclusive.", null=True),
            _field("until", INSTANT, "End of its scope if set, UTC, exclusive.", null=True),
            _field("is_watched", pa.bool_(), "Whether the settings still list this account."),
        ]
    ),
)

ASSET = Table(
    "asset",
    "One row an asset as a provider describes it, and one more each time that changes.",
    pa.schema(
        [
            _PROVIDER,
            _field("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            _field("symbol", pa.string(), "Its symbol, which is untrusted text."),
            _field("name", pa.string(), "Its name, which is untrusted text."),
            _field("decimals", pa.int16(), "How many decimals the base unit has."),
            _field("group_id", pa.string(), "The provider's id of the same asset across chains.", null=True),
            _field("recorded_at", INSTANT, "When the provider first described it so, UTC."),
        ]
    ),
)

CADENCE = Table(
    "cadence",
    "One row a cron that was ever used.",
    pa.schema(
        [
            _field("cron", pa.string(), "The cadence as cron in UTC."),
            _field("since", INSTANT, "First instant that this cadence governs, UTC."),
            _field("recorded_at", INSTANT, "When the pipeline first saw this cadence, UTC."),
        ]
    ),
)

TICK = Table(
    "tick",
    "One row an instant at which a snapshot was due.",
    pa.schema([_AS_OF, _field("cron", pa.string(), "The cadence that made the tick, cron in UTC.")]),
)

HISTORY = (PULL, CELL, BALANCE, POSITION, ALLOWANCE)
"""Tables replaced slice by slice; each has a twin `<name>_superseded` that keeps what was believed before."""

TABLES = (SNAPSHOT, *HISTORY, ATTEMPT, ACCOUNT, ASSET, CADENCE, TICK)

SUPERSEDED_AT = _field("superseded_at", INSTANT, "When a later belief replaced this one, UTC.")
