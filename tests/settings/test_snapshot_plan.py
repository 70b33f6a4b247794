"""Promises of snapshot/plan.py: what is asked for an instant follows from the settings alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project import caip, chains
from dagster_project.errors import UsageError
from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, Plan
from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.plan import is_available, plan, uncovered
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import NOW, SHIPPED, SOLANA, SOLANA_WALLET, WALLET, Document, SettingsFile

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ETHEREUM = "eip155:1"
EVM_CHAINS = tuple(chain_id for chain_id in chains.CHAINS if caip.namespace_of(chain_id) == caip.EVM)

quietly = settings(database=None, deadline=None, max_examples=40)


@cache
def shipped() -> Settings:
    """Give the settings that ship; their accounts are replaced where a test has its own."""
    return load(NOW, SHIPPED)


def endpoint(provider: str, name: str) -> Endpoint:
    """Give what a provider declares of an endpoint."""
    return next(one for one in PROVIDERS[provider].source.endpoints if one.name == name)


def is_covered(account: Account) -> bool:
    """Tell whether any provider speaks of any of an account's chains."""
    declared = [one for provider in PROVIDERS.values() for one in provider.source.endpoints if one.layers]
    return any(chain_id in one.chains for one in declared for chain_id in account.chains)


def only_credmark() -> Settings:
    """Give the settings that ship, with the one provider that is asked by block and by account."""
    return replace(shipped(), providers={"credmark": shipped().providers["credmark"]})


def cells(planned: Plan) -> list[Cell]:
    """Give the cells of all pulls."""
    return [cell for pull in planned.pulls for cell in pull.cells]


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Give a wallet on some chains of its namespace, in scope from and until some days around the instant."""
    sides = st.none() | st.integers(-3, 3).map(lambda days: FIRST + days * DAY)
    since, until = draw(sides), draw(sides)
    if draw(st.booleans()):
        digits = draw(st.binary(min_size=20, max_size=20)).hex()
        account_id, address, _ = caip.parse_account(f"0x{digits}")
        some = st.sampled_from([ETHEREUM] * len(EVM_CHAINS) + list(EVM_CHAINS))
        listed = tuple(draw(st.lists(some, min_size=1, max_size=4, unique=True)))
    else:
        account_id, address, _ = caip.parse_account(
            f"solana:{SOLANA_WALLET[:-4]}{draw(st.text('abcd', min_size=4, max_size=4))}"
        )
        listed = (SOLANA,)
    return Account(account_id, address, address, listed, since=since, until=until)


portfolios = st.lists(accounts(), max_size=8, unique_by=lambda account: account.account_id).map(
    lambda listed: replace(shipped(), accounts=tuple(listed))
)
blocks = st.dictionaries(st.sampled_from(EVM_CHAINS), st.integers(0, 2**40), max_size=3)


@given(portfolio=portfolios, pinned=blocks)
@quietly
def test_a_plan_follows_from_the_settings_alone(portfolio: Settings, pinned: dict[str, int]) -> None:
    """The same settings give the same plan, wherever the instant is written; it remembers what it was made from."""
    planned = plan(portfolio, FIRST, pinned)
    assert plan(portfolio, FIRST, dict(reversed(pinned.items()))) == planned
    assert plan(portfolio, FIRST.astimezone(timezone(timedelta(hours=9))), pinned) == planned
    frame = planned.frame
    assert (frame.as_of, frame.accounts, frame.settings_sha256) == (FIRST, portfolio.accounts, portfolio.sha256)
    assert (frame.cron, frame.start, frame.grace) == (
        *(portfolio.snapshots.cron, portfolio.snapshots.start, portfolio.grace),
    )
    assert [(part.provider, part.record_rank, part.frame) for part in planned.providers] == [
        (name, rank, frame) for rank, name in enumerate(portfolio.providers)
    ]


@given(portfolio=portfolios, pinned=blocks)
@quietly
def test_pulls_keep_to_what_their_endpoint_declares(portfolio: Settings, pinned: dict[str, int]) -> None:
    """Each pull has a key of its own, and cells that are planned, distinct, and within its endpoint's declaration."""
    planned = plan(portfolio, FIRST, pinned)
    watched = {account.account_id: account for account in portfolio.accounts}
    for part in planned.providers:
        keys = [pull.pull_key for pull in part.pulls]
        assert len(set(keys)) == len(keys)
        for pull in part.pulls:
            declared = endpoint(part.provider, pull.endpoint)
            assert (pull.provider, pull.capability) == (part.provider, declared.capability)
            assert bool(pull.cells) is bool(declared.layers)
            for cell in pull.cells:
                assert cell.layer in declared.layers
                assert cell.chain_id in declared.chains
                assert cell.chain_id in watched[cell.account_id].chains
        of_part = [(pull.endpoint, cell) for pull in part.pulls for cell in pull.cells]
        assert len(set(of_part)) == len(of_part)


@given(portfolio=portfolios)
@quietly
def test_only_accounts_in_scope_are_planned(portfolio: Settings) -> None:
    """An account is asked for from its `from` on and before its `until`, and at no other instant."""
    asked = {cell.account_id for cell in cells(plan(portfolio, FIRST))}
    for account in portfolio.accounts:
        is_begun = account.since is None or account.since <= FIRST
        is_over = account.until is not None and account.until <= FIRST
        assert (account.account_id in asked) is (is_begun and not is_over and is_covered(account))


def test_an_account_is_in_scope_from_its_first_instant_until_before_its_last(file: SettingsFile) -> None:
    """`from` is the first instant that an account is asked for, `until` the first that it is not."""
    account = f'address = "{WALLET}"\nfrom = 2026-05-03\nuntil = 2026-05-05'
    watched = file.load(str(Document(account=account)))
    asked = [as_of.day for as_of in (FIRST + number * DAY for number in range(7)) if plan(watched, as_of).pulls]
    assert asked == [3, 4]


@given(portfolio=portfolios)
@quietly
def test_what_is_not_planned_is_uncovered(portfolio: Settings) -> None:
    """Account by chain by layer is either planned or listed as uncovered, never both and never neither."""
    always = replace(
        portfolio, accounts=tuple(replace(account, since=None, until=None) for account in portfolio.accounts)
    )
    every = {
        Cell(account.account_id, chain_id, layer)
        for account in always.accounts
        for chain_id in account.chains
        for layer in Layer
    }
    listed = uncovered(always)
    assert len(set(listed)) == len(listed)
    assert set(listed) == every - set(cells(plan(always, FIRST)))
    assert uncovered(portfolio) == listed


def test_nothing_is_covered_without_providers(file: SettingsFile) -> None:
    """Without a provider every layer of every chain of every account is uncovered."""
    account = f'address = "{WALLET}"\nchains = ["eip155:1", "eip155:10"]'
    given_settings = file.load(str(Document(account=account)))
    account_id = given_settings.accounts[0].account_id
    bare = replace(given_settings, providers={})
    assert uncovered(bare) == [
        Cell(account_id, chain_id, layer) for chain_id in ("eip155:1", "eip155:10") for layer in Layer
    ]
    assert Cell(account_id, ETHEREUM, Layer.WALLET) not in uncovered(given_settings)
    assert len(uncovered(given_settings)) == 2 * len(Layer) - 1


@pytest.mark.parametrize(
    "as_of",
    [
        FIRST + timedelta(hours=1),
        FIRST + timedelta(minutes=1),
        FIRST - timedelta(minutes=1),
        datetime(2025, 9, 30, tzinfo=UTC),
        datetime(1999, 1, 1, tzinfo=UTC),
    ],
)
def test_an_instant_that_is_none_is_refused(as_of: datetime) -> None:
    """An instant that is no tick, or lies before the start, is a usage error that names it, the ticks and the start."""
    with pytest.raises(UsageError) as caught:
        plan(shipped(), as_of)
    assert str(caught.value) == (
        f"{as_of:%Y-%m-%dT%H:%M} is no instant of this portfolio: ticks are '0 0 * * *' in UTC "
        f"from 2025-10-01T00:00 on; see [snapshots] in {SHIPPED}"
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("beside", [SECOND, 30 * SECOND, timedelta(microseconds=1)])
def test_an_instant_beside_a_tick_is_not_shown_as_the_tick(beside: timedelta) -> None:
    """An instant that is no tick for its seconds alone is shown with them, for without them it would look like one."""
    with pytest.raises(UsageError) as caught:
        plan(shipped(), FIRST + beside)
    assert not str(caught.value).startswith("2026-05-01T00:00 is no instant")


def test_the_start_is_the_first_instant_if_it_is_a_tick(file: SettingsFile) -> None:
    """A start that is a tick can be asked for; where it is none, the tick after it is the first."""
    assert plan(file.load(str(Document())), FIRST).as_of == FIRST
    later = file.load(str(Document(snapshots='start = "2026-05-01T00:01"')))
    with pytest.raises(UsageError, match=r"2026-05-01T00:00 is no instant .* from 2026-05-01T00:01 on"):
        plan(later, FIRST)
    assert plan(later, FIRST + DAY).as_of == FIRST + DAY


@given(portfolio=portfolios, pinned=blocks)
@quietly
def test_a_pinned_chain_is_asked_by_its_block(portfolio: Settings, pinned: dict[str, int]) -> None:
    """A chain with a block is asked by that block and never by time; every other is asked by the instant alone."""
    for pull in plan(replace(portfolio, providers=only_credmark().providers), FIRST, pinned).pulls:
        query = dict(pull.request.query)
        assert len(query) == len(pull.request.query)
        block = pinned.get(pull.cells[0].chain_id)
        assert query.get("blockNumber") == (None if block is None else str(block))
        assert query.get("timestamp") == (str(int(FIRST.timestamp())) if block is None else None)


def test_only_the_tokens_option_restricts_what_is_asked(file: SettingsFile) -> None:
    """`tokens` is sent where the settings restrict a provider to some contracts, and is otherwise left out."""
    account = f'address = "{WALLET}"'
    (free,) = plan(file.load(str(Document(account=account))), FIRST).pulls
    assert "tokens" not in dict(free.request.query)
    listed = f'tokens = ["0x{"A" * 40}", "0x{"b" * 40}"]'
    (restricted,) = plan(file.load(str(Document(account=account, provider=listed))), FIRST).pulls
    assert dict(restricted.request.query) == {
        **dict(free.request.query),
        "tokens": f"0x{'a' * 40},0x{'b' * 40}",
    }
    assert replace(restricted, request=free.request) == free


def test_each_account_is_a_call_of_its_own() -> None:
    """One wallet a call and one call a wallet, at its spelled address: several in one would come back merged."""
    planned = plan(only_credmark(), NOW.replace(hour=0, minute=0, second=0))
    assert [pull.request.path for pull in planned.pulls if pull.cells] == [
        f"/v1/portfolio/1/{account.address}/value" for account in shipped().accounts if ETHEREUM in account.chains
    ]
    for pull in planned.pulls:
        assert pull.request.method == "GET"
        assert "apiKey" not in pull.request.path


@pytest.mark.parametrize("capability", [Capability.TIMESTAMP, Capability.BLOCK])
def test_what_answers_for_the_past_is_always_available(capability: Capability) -> None:
    """An endpoint that can answer for an instant is available for it, however long ago it was."""
    pull = replace(plan(shipped(), FIRST).pulls[0], capability=capability)
    for ago in (timedelta(), SECOND, 90 * 60 * SECOND + SECOND, 4000 * DAY):
        assert is_available(pull, FIRST, FIRST + ago, timedelta())


@pytest.mark.parametrize(
    ("lag", "is_there"),
    [
        (-SECOND, False),
        (-timedelta(microseconds=1), False),
        (timedelta(), True),
        (SECOND, True),
        (timedelta(minutes=90), True),
        (timedelta(minutes=90, microseconds=1), False),
        (DAY, False),
    ],
)
def test_what_answers_for_now_is_available_within_the_grace(
    lag: timedelta,
    is_there: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A now-only endpoint may answer from the instant itself until the grace is over, both ends included."""
    pull = replace(plan(shipped(), FIRST).pulls[0], capability=Capability.NOW)
    assert is_available(pull, FIRST, FIRST + lag, timedelta(minutes=90)) is is_there
    assert is_available(pull, FIRST, FIRST + lag, timedelta()) is (lag == timedelta())
