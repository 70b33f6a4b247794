"""The Arrow schema of every table, declared once, one sentence a field; sql/schema creates the same in DuckDB.

A test holds both equal, names, types, nullability and sentences. What the rows mean together stands in sql/views.
"""

import pyarrow as pa

from dagster_project.changes import CHANGE, MOVEMENT
from dagster_project.columns import (
    ACCOUNT_ID,
    AS_OF,
    BOOKED,
    BOOKED_SUM,
    CHAIN_ID,
    EFFECTIVE,
    INSTANT,
    LAYER,
    OBSERVED,
    OUTCOME,
    PROVIDER,
    PULL_KEY,
    REASON,
    RECORDED,
    TEXTS,
    Table,
    column,
)
from dagster_project.registers import (
    ACCEPTED,
    ACCOUNT,
    ASSET,
    ATTEMPT,
    CADENCE,
    CLOSING,
    CLOSINGLINE,
    FLOW,
    FLOWSPAN,
    LISTED,
    LISTEDRECEIPT,
    PRICING,
    RULE,
    TICK,
    UNCOVERED,
)

SNAPSHOT = Table(
    "snapshot",
    "One row an instant for which a snapshot was taken.",
    pa.schema(
        [
            AS_OF,
            column("cron", pa.string(), "The cadence in force at this instant, cron in UTC."),
            column("grace_minutes", pa.int32(), "How many minutes late a now-only answer may be."),
            column("planned_pulls", pa.int32(), "How many pulls the plan of this instant held."),
            column("planned_cells", pa.int32(), "How many cells the plan of this instant held."),
            column("settings_sha256", pa.string(), "Fingerprint of the settings that made the plan, hexadecimal."),
            RECORDED,
            column("uncovered_id", pa.string(), "Which cells nobody is asked for, in uncovered, if known.", null=True),
        ]
    ),
    provenance=frozenset({"recorded_at", "settings_sha256"}),
)

PULL = Table(
    "pull",
    "One row a question to one endpoint for an instant, however it ended.",
    pa.schema([
        AS_OF,
        PROVIDER,
        PULL_KEY,
        column("endpoint", pa.string(), "The provider's endpoint, as named in docs/sources."),
        OUTCOME,
        REASON,
        column("detail", pa.string(), "The failure in words, with the field's path where there is one.", null=True),
        column("http_status", pa.int16(), "HTTP status of the last try, none where nothing was answered.", null=True),
        OBSERVED,
        EFFECTIVE,
        column("lag_seconds", pa.float64(), "Seconds from as_of to effective_at, negative when before.", null=True),
        column("is_exact_instant", pa.bool_(), "Whether the endpoint was asked for the instant itself."),
        column("block_number", pa.int64(), "The block the answer is true for, if stated.", null=True),
        column("unknown_fields", TEXTS, "Members of the body that the contract does not know."),
        column("tries", pa.int16(), "How many requests were sent for this pull."),
        column("elapsed_ms", pa.float64(), "Milliseconds of the last try, wall time.", null=True),
        column("body_bytes", pa.int64(), "Size in bytes of the kept answer's body.", null=True),
        column("body_sha256", pa.string(), "SHA-256 of the kept body, hexadecimal digits.", null=True),
        column("request_id", pa.string(), "The provider's own id of the request, if sent.", null=True),
        column("attempt_id", pa.string(), "Which raw stream keeps the answer."),
        column("normaliser_version", pa.int16(), "Version of the code that read the body."),
        column("confirmed_at", INSTANT, "When the same was answered again, UTC, if it was.", null=True),
        RECORDED,
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
            AS_OF,
            PROVIDER,
            PULL_KEY,
            ACCOUNT_ID,
            CHAIN_ID,
            LAYER,
            OUTCOME,
            REASON,
            column("record_rank", pa.int16(), "The provider's place in the order of record then, from 0."),
            column("value_usd", BOOKED_SUM, "Sum of the cell's counted booked values, US dollars.", null=True),
            column(
                "stated_value_usd",
                pa.float64(),
                "The provider's own total of the cell, US dollars, bit for bit.",
                null=True,
            ),
            column("row_count", pa.int32(), "How many assets the answer held in this cell."),
            column("unpriced_count", pa.int32(), "How many of them have no known price."),
            column("quarantined_count", pa.int32(), "How many of them have an unbelievable price or value."),
            column("doubt", pa.string(), "Why the answer is not believed yet: vanished, flipped, or none.", null=True),
            OBSERVED,
            EFFECTIVE,
            RECORDED,
        ]
    ),
    provenance=frozenset({"observed_at", "recorded_at", "value_usd", "doubt"}),
)

BALANCE = Table(
    "balance",
    "One row an asset that a provider says an account holds at an instant.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            PULL_KEY,
            ACCOUNT_ID,
            CHAIN_ID,
            LAYER,
            column("position_id", pa.string(), "The provider's id of the position, empty for plain tokens."),
            column("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            column("amount_raw", pa.string(), "Exact amount in base units, decimal digits.", null=True),
            column("decimals", pa.int16(), "How many decimals the base unit has.", null=True),
            column("amount", pa.float64(), "Amount in whole units, none while decimals are unknown.", null=True),
            column("price_usd", pa.float64(), "Price in US dollars a whole unit, bit for bit.", null=True),
            column("price_status", pa.string(), "Whether the price is priced, unknown, zero or quarantined."),
            column("stated_value_usd", pa.float64(), "The provider's value in US dollars, bit for bit.", null=True),
            column("value_usd", BOOKED, "The value booked once, US dollars, six decimals.", null=True),
            column("price_origin", pa.string(), "Who made it: stated, implied, or a provider's name.", null=True),
            column("is_counted", pa.bool_(), "Whether the row counts; receipts of positions do not."),
            RECORDED,
            column("shares_raw", pa.string(), "Shares of a pool or vault behind it, in their base unit.", null=True),
            column("rate_raw", pa.string(), "What a share is worth, base units in fixed point.", null=True),
        ]
    ),
    provenance=frozenset({"recorded_at", "is_counted"}),
)

POSITION = Table(
    "position",
    "One row a protocol position that a provider says an account has; its legs stand in balance.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            PULL_KEY,
            ACCOUNT_ID,
            CHAIN_ID,
            column("position_id", pa.string(), "The provider's id of the position, as in balance."),
            column("contract_id", pa.string(), "The token that stands for it, as its CAIP-19 type."),
            column("token_id", pa.string(), "Which NFT it is, decimal digits, 0 for none."),
            column("kind", pa.string(), "What the provider calls it: lending, dex, staking and others."),
            column("protocol_id", pa.string(), "The provider's id of the protocol group."),
            column("protocol_name", pa.string(), "The protocol group's name for people, untrusted text."),
            column("name", pa.string(), "The contract's own name, which is untrusted text."),
            column("stated_value_usd", pa.float64(), "The provider's value of it whole, US dollars.", null=True),
            RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

ALLOWANCE = Table(
    "allowance",
    "One row an approval that lets a spender move an account's asset.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            PULL_KEY,
            ACCOUNT_ID,
            CHAIN_ID,
            column("spender", pa.string(), "The contract that may move the asset, in lower case."),
            column("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            column("allowance_raw", pa.string(), "Exact allowance in base units, decimal digits."),
            RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

UNWATCHED = Table(
    "unwatched",
    "One row an asset that an answer lists on a chain that was not asked for: a fact, never part of a value.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            PULL_KEY,
            ACCOUNT_ID,
            CHAIN_ID,
            LAYER,
            *(BALANCE.schema.field(name) for name in ("position_id", "asset_id", "amount_raw", "decimals", "amount")),
            *(BALANCE.schema.field(name) for name in ("price_usd", "price_status", "stated_value_usd", "value_usd")),
            column("contract_id", pa.string(), "The token that stands for its position, if it is a leg.", null=True),
            column("record_rank", pa.int16(), "The provider's place in the order of record then, from 0."),
            RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

FIGURE = Table(
    "figure",
    "One row a figure that a provider states beside its balances: kept under its name, never part of ours.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            PULL_KEY,
            column("account_id", pa.string(), "The wallet it is about, none where about no wallet.", null=True),
            column("series", pa.string(), "Which endpoint states it, as named in docs/sources."),
            column("subject", pa.string(), "What in the series it is about, empty for the whole."),
            column("measure", pa.string(), "The provider's own name of the figure."),
            column("point_at", INSTANT, "Of a series over time, the point's instant, UTC.", null=True),
            column("number", pa.float64(), "The figure, bit for bit, none where it is text.", null=True),
            column("words", pa.string(), "The text as stated, untrusted, none for plain numbers.", null=True),
            RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

RATE = Table(
    "rate",
    "One row a currency as it was last published by an instant: what a unit of it cost.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            PULL_KEY,
            column("currency", pa.string(), "The currency as its ISO 4217 code."),
            column("usd_per_unit", pa.float64(), "US dollars for a unit, the double nearest to the exact quotient."),
            column("base_currency", pa.string(), "The currency that the publisher's rates are against."),
            column("usd_per_base", pa.string(), "US dollars for a unit of the base, digits as published."),
            column("unit_per_base", pa.string(), "Units of the currency for one of the base, digits as published."),
            column("rate_day", pa.date32(), "The day whose rate it is, at the publisher's seat."),
            column("published_at", INSTANT, "From when on the rate counts as published, UTC."),
            RECORDED,
        ]
    ),
    provenance=frozenset({"recorded_at"}),
)

HISTORY = (PULL, CELL, BALANCE, UNWATCHED, POSITION, ALLOWANCE, FIGURE, RATE)
"""Tables replaced slice by slice; each has a twin `<name>_superseded` that keeps what was believed before."""

TABLES = (
    SNAPSHOT, *HISTORY, ATTEMPT, ACCOUNT, ACCEPTED, ASSET, RULE, PRICING, CADENCE, TICK, FLOW, FLOWSPAN, CLOSING,
    CLOSINGLINE, CHANGE, MOVEMENT, UNCOVERED, LISTED, LISTEDRECEIPT,
)  # fmt: skip

SUPERSEDED_AT = column("superseded_at", INSTANT, "When a later belief replaced this one, UTC.")
