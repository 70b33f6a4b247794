"""The Arrow schema of what holds for the store as a whole: attempts, accounts, assets, rules, flows, closings.

What is kept for each instant stands in tables.py.
"""

import pyarrow as pa

from dagster_project.columns import (
    ACCOUNT_ID,
    AS_OF,
    CHAIN_ID,
    INSTANT,
    LAYER,
    PROVIDER,
    TEXTS,
    Table,
    column,
)

ATTEMPT = Table(
    "attempt",
    "One row a raw stream whose answers are stored.",
    pa.schema(
        [
            AS_OF,
            PROVIDER,
            column("attempt_id", pa.string(), "The attempt, part of the raw stream's file name."),
            column("taken_at", INSTANT, "When the attempt began, UTC."),
        ]
    ),
)

ACCOUNT = Table(
    "account",
    "One row a wallet that is or was watched.",
    pa.schema(
        [
            ACCOUNT_ID,
            column("address", pa.string(), "The address as people read it, EVM by EIP-55."),
            column("label", pa.string(), "The name given in the settings."),
            column("groups", TEXTS, "The account groups it belongs to."),
            column("since", INSTANT, "Start of its scope if set, UTC, inclusive.", null=True),
            column("until", INSTANT, "End of its scope if set, UTC, exclusive.", null=True),
            column("is_watched", pa.bool_(), "Whether the settings still list this account."),
        ]
    ),
)

ASSET = Table(
    "asset",
    "One row an asset as a provider describes it, and one more each time that changes.",
    pa.schema(
        [
            PROVIDER,
            column("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            column("symbol", pa.string(), "Its symbol, which is untrusted text."),
            column("name", pa.string(), "Its name, which is untrusted text."),
            column("decimals", pa.int16(), "How many decimals the base unit has."),
            column("group_id", pa.string(), "The provider's id of the same asset across chains.", null=True),
            column("recorded_at", INSTANT, "When the provider first described it so, UTC."),
        ]
    ),
)

UNCOVERED = Table(
    "uncovered",
    "One row a watched cell that no provider of a plan is asked for; plans with the same cells share them.",
    pa.schema(
        [
            column("uncovered_id", pa.string(), "Fingerprint of these cells, as in snapshot, hexadecimal digits."),
            ACCOUNT_ID,
            CHAIN_ID,
            LAYER,
            column("could_ask", TEXTS, "The providers that would cover it, were they enabled."),
        ]
    ),
)

RULE = Table(
    "rule",
    "One row a rule of the settings for an asset: how it counts, where it belongs, what it costs.",
    pa.schema(
        [
            column("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            column("treatment", pa.string(), "Whether to ignore it or to keep it, none for neither.", null=True),
            column("group_id", pa.string(), "The asset group that it belongs to, if said.", null=True),
            column("same_as", pa.string(), "The asset whose group it shares, as CAIP-19 type.", null=True),
            column("receipt_of", pa.string(), "The asset that it stands for where that lies in a position.", null=True),
            column("is_rebasing", pa.bool_(), "Whether its amount in a wallet grows by itself."),
            column("price_usd", pa.float64(), "Price in US dollars a whole unit, if said.", null=True),
            column("since", INSTANT, "First instant the price holds for, UTC, inclusive.", null=True),
            column("until", INSTANT, "End of the price's validity, UTC, exclusive.", null=True),
        ]
    ),
)

LISTED = Table(
    "listed",
    "One row a token that the list that ships, a token list of the settings or the settings themselves name.",
    pa.schema([column("asset_id", pa.string(), "The token as its CAIP-19 type.")]),
)

LISTEDRECEIPT = Table(
    "listedreceipt",
    "One row a token that stands for an asset in a lending market, by the list that ships.",
    pa.schema(
        [
            column("asset_id", pa.string(), "The token as its CAIP-19 type."),
            column("receipt_of", pa.string(), "The asset that it stands for as its CAIP-19 type."),
            column("market_id", pa.string(), "The market's contract as a CAIP-19 type."),
            column(
                "protocol",
                pa.string(),
                "The protocol, one word in lower case, none for a wrapped receipt.",
                null=True,
            ),
            column("is_debt", pa.bool_(), "Whether the asset is owed, not owned."),
        ]
    ),
)

PRICING = Table(
    "pricing",
    "One row a portfolio: how prices are believed, as the settings say.",
    pa.schema(
        [
            column(
                "carry_hours",
                pa.int32(),
                "For how many hours the last believed price stands in, and a leap may be confirmed.",
            ),
            column(
                "stablecoins",
                TEXTS,
                "Coins that are worth a fixed sum of money, as CAIP-19 types: their prices leap sooner.",
            ),
            column(
                "max_apr",
                pa.float64(),
                "The most that a holding without history is taken to earn or owe in a year, a fraction, compounded.",
            ),
        ]
    ),
)

ACCEPTED = Table(
    "accepted",
    "One row a part of an account that the settings leave out of the value for as long as it is missing.",
    pa.schema(
        [
            ACCOUNT_ID,
            column("chain_id", pa.string(), "The chain as its CAIP-2 id, none for every chain.", null=True),
            column(
                "layer",
                pa.string(),
                "The part of the account: wallet, position, debt or reward, none for all.",
                null=True,
            ),
            column("since", INSTANT, "First instant at which it may be missing, UTC, inclusive."),
            column("until", INSTANT, "End of that time, UTC, exclusive, none without an end.", null=True),
            column("reason", pa.string(), "Why, in the words of the settings."),
        ]
    ),
)

CADENCE = Table(
    "cadence",
    "One row a cron that was ever used.",
    pa.schema(
        [
            column("cron", pa.string(), "The cadence as cron in UTC."),
            column("since", INSTANT, "First instant that this cadence governs, UTC."),
            column("recorded_at", INSTANT, "When the pipeline first saw this cadence, UTC."),
        ]
    ),
)

TICK = Table(
    "tick",
    "One row an instant at which a snapshot was due.",
    pa.schema([AS_OF, column("cron", pa.string(), "The cadence that made the tick, cron in UTC.")]),
)

FLOW = Table(
    "flow",
    "One row a movement of an account that its owner knows of and imported.",
    pa.schema(
        [
            ACCOUNT_ID,
            column(
                "moved_at",
                INSTANT,
                "The instant at which it moved, UTC; the first of its day where only the day is known.",
            ),
            column("asset_id", pa.string(), "The asset as its CAIP-19 type."),
            column("amount_exact", pa.string(), "Exact amount in whole units, decimal digits, above 0."),
            column("amount", pa.float64(), "Amount in whole units, approximate beyond 15 digits."),
            column("kind", pa.string(), "What it was: deposit, withdrawal, yield, fee or internal."),
            column("note", pa.string(), "The owner's own words, which are untrusted text.", null=True),
            column("recorded_at", INSTANT, "When it was imported, UTC."),
            column("is_date_only", pa.bool_(), "Whether only the day is known on which it moved."),
        ]
    ),
)

FLOWSPAN = Table(
    "flowspan",
    "One row an account whose flows are imported: for which time all of them are known.",
    pa.schema(
        [
            ACCOUNT_ID,
            column("since", INSTANT, "From when on every flow is known, UTC, inclusive."),
            column("until", INSTANT, "Until when every flow is known, UTC, inclusive."),
            column("recorded_at", INSTANT, "When they were imported, UTC."),
        ]
    ),
)

CLOSING = Table(
    "closing",
    "One row a closing of a period: what was reported then is in closingline.",
    pa.schema([
        column("closing_id", pa.string(), "The closing, part of its file's name under closings."),
        column("period", pa.string(), "What was closed: a month, quarter, year or span."),
        column("since", INSTANT, "Begin of the period, UTC, inclusive."),
        column("until", INSTANT, "End of the period, UTC."),
        column("opening_as_of", INSTANT, "The instant at which it opens, UTC, if there is one.", null=True),
        column("closing_as_of", INSTANT, "The instant at which it closes, UTC."),
        column("known_at", INSTANT, "When the last answer was taken that was known, UTC."),
        column("closed_at", INSTANT, "When it was closed, UTC."),
        column("missing_cells", pa.int64(), "How many cells of the period had no record."),
        column("note", pa.string(), "The words of who closed it, untrusted text.", null=True),
        column("partial_reason", pa.string(), "Why it was closed with cells missing, untrusted text.", null=True),
        column("replaces", pa.string(), "The closing of the same period that it takes the place of.", null=True),
        column("reopen_reason", pa.string(), "Why that one was opened again, untrusted text.", null=True),
        column("program_version", pa.string(), "Version of the program that closed it."),
        column("lines_sha256", pa.string(), "Fingerprint of the numbers, hexadecimal digits."),
        column(
            "period_rule",
            pa.string(),
            "How its instants are found: calendar, from its begin to its end, or inside, before each of them.",
        ),
    ]),
)  # fmt: skip

CLOSINGLINE = Table(
    "closingline",
    "One row a number that was reported when a period was closed; never changed.",
    pa.schema([
        column("closing_id", pa.string(), "The closing that it belongs to."),
        column("per", pa.string(), "What the number is about: total or account."),
        column("part_id", pa.string(), "Which one: the account id, all for the total."),
        column("name", pa.string(), "The account's label at that time, untrusted text."),
        column("measure", pa.string(), "Which number of the statement it is."),
        column("value_exact", pa.string(), "Whole units of US dollars, decimal digits, none if not known.", null=True),
    ]),
)  # fmt: skip
