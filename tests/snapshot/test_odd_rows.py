"""Promises about an odd row of an answer: it costs its own cell, is named, and nothing else is lost."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.faces.cli.advice import failed_lines, failures_to_show
from dagster_project.snapshot.failures import failures_of
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from tests.portfolio import day, use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.test_settling import USDC, leg, row

__all__ = ["provider"]

ETHEREUM, OPTIMISM, BASE = "eip155:1", "eip155:10", "eip155:8453"
OTHER = "0x" + "7e" * 20
RECORDED = "select chain_id, layer from coverage() where status = 'recorded' order by chain_id, layer"
FAILED = "select distinct reason from coverage() where status = 'missing'"


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet on three chains, watched through 1inch Portfolio."""
    use_folder(monkeypatch, tmp_path)
    found = Watched(tmp_path, {"oneinch_portfolio": ""}, provider)
    found.accounts += f'chains = ["{ETHEREUM}", "{OPTIMISM}", "{BASE}"]\n'
    return found


def token(chain: int, address: str = USDC, amount: float = 7.0, number: int = 0, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    """A wallet's token of a day, with other members where given."""
    at = {"timestamp": int(day(number).timestamp())}
    return row(address, [leg(address, amount) | {"chain_id": chain}], amount, chain_id=chain, **at) | members


def held(*rows: dict[str, Any] | None, positions: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """What the provider answers of a wallet."""
    beside = {"current_value": {"result": {"total": 0.0}}}
    return {"tokens/snapshot": {"result": list(rows)}, "protocols/snapshot": {"result": list(positions)}} | beside


def wallets(watched: Watched) -> list[str]:
    """The chains whose wallet is recorded."""
    return [chain for chain, layer in watched.rows(RECORDED) if layer == "wallet"]


ODD = [
    ({"value_usd": "seven"}, "$.result[1].value_usd"),
    ({"asset_sign": 2}, "$.result[1].asset_sign"),
    ({"asset_sign": -1}, "$.result[1].asset_sign"),
    ({"contract_address": "0x12"}, "$.result[1].contract_address"),
    ({"underlying_tokens": []}, "$.result[1].underlying_tokens"),
    ({"underlying_tokens": [{"address": USDC}]}, "$.result[1].underlying_tokens[0].decimals"),
    ({"underlying_tokens": "none"}, "$.result[1].underlying_tokens"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("members", "where"), ODD, ids=[str(members) for members, _ in ODD])
def test_an_odd_token_costs_its_own_chain(watched: Watched, members: dict[str, Any], where: str) -> None:
    """A row that cannot be read costs the wallet of the chain that it names; the other chains are recorded."""
    watched.provider.answers = held(token(1), token(10, **members), token(8453))
    (taken,) = watched.take(0)
    assert wallets(watched) == [ETHEREUM, BASE]
    assert watched.rows(FAILED) == [("failed:unreadable",)]
    assert watched.rows("select known_value_usd, value_usd from value_chart()") == [(Decimal(14), None)]
    assert not taken.is_complete
    ((outcome, cells, detail),) = watched.rows("select outcome, cells, detail from failures()")
    assert (outcome, cells) == ("answered", 1)
    assert detail.startswith(f"{where}: ")


def test_an_odd_row_is_named_wherever_people_look(watched: Watched) -> None:
    """The run's output, its log and `status` name the path of an odd row, what it costs, and the remedy."""
    watched.provider.answers = held(token(1), token(10, value_usd=[]), token(8453))
    taken = watched.take(0)
    (failure,) = failures_of(watched.settings(), taken)
    line, example = failure.lines()
    assert "1 of 3 pulls were read in part: unreadable; the rest is recorded" in line
    assert "$.result[1].value_usd" in example
    with reading(watched.settings().paths.published) as connection:
        said = failed_lines(failures_to_show(Asking(connection)))
    assert "1 of 1 pulls were read in part: unreadable; the rest is recorded" in said[0]
    assert "$.result[1].value_usd" in said[1]
    assert "PARTIAL: oneinch_portfolio unreadable x1" in taken[0].words()


@pytest.mark.every
def test_what_an_odd_row_cost_is_asked_again(watched: Watched) -> None:
    """The next run asks again for what could not be read, and nothing that was recorded is lost by what it hears."""
    watched.provider.answers = held(token(1), token(10, value_usd={}), token(8453))
    watched.take(0)
    watched.provider.answers = {"tokens/snapshot": 500, "protocols/snapshot": {"result": []}}
    watched.take(0)
    assert wallets(watched) == [ETHEREUM, BASE]
    watched.provider.answers = held(token(1), token(10), token(8453))
    (taken,) = watched.take(0)
    assert taken.is_complete
    assert wallets(watched) == [ETHEREUM, OPTIMISM, BASE]
    watched.provider.answers = held(token(1, value_usd="odd"), token(10), token(8453))
    watched.take(0, again=True)
    assert wallets(watched) == [ETHEREUM, OPTIMISM, BASE], "an answer that lacks a cell replaced one that had it"


@pytest.mark.parametrize(
    "members",
    [{"chain_id": None}, {"chain_id": 0}, {"chain_id": "one"}, {"chain": 1}, {"address": OTHER, "value_usd": 7.0}],
    ids=str,
)
def test_a_row_that_belongs_nowhere_fails_the_answer(watched: Watched, members: dict[str, Any]) -> None:
    """Where nobody knows of which chain or account a row is, no wallet of the answer is recorded."""
    watched.provider.answers = held(token(1), token(10) | {"value_usd": "odd"} | members)
    watched.take(0)
    assert wallets(watched) == []


def test_a_null_for_a_row_fails_the_answer(watched: Watched) -> None:
    """A row that says nothing at all belongs nowhere."""
    watched.provider.answers = held(token(1), None)
    watched.take(0)
    assert wallets(watched) == []


def test_a_token_that_is_listed_twice_costs_its_own_chain(watched: Watched) -> None:
    """A token that would count twice costs the wallet of its chain alone."""
    watched.provider.answers = held(token(1), token(1, amount=8.0), token(10))
    watched.take(0)
    assert wallets(watched) == [OPTIMISM, BASE]


def test_an_odd_position_costs_its_own_chain(watched: Watched) -> None:
    """A position that cannot be read costs positions, debts and rewards of its chain, and no wallet."""
    good = row(
        OTHER,
        [leg(USDC, 5.0)],
        5.0,
        index="0x01",
        protocol_type="lending",
        chain_id=1,
        timestamp=int(day(0).timestamp()),
    )
    odd = good | {"index": "0x02", "chain_id": 10, "asset_sign": None}
    watched.provider.answers = held(token(1), token(10), positions=(good, odd))
    watched.take(0)
    assert wallets(watched) == [ETHEREUM, OPTIMISM, BASE]
    others = [(chain, layer) for chain, layer in watched.rows(RECORDED) if layer != "wallet"]
    assert others == [(chain, layer) for chain in (ETHEREUM, BASE) for layer in ("debt", "position", "reward")]


def test_an_odd_row_of_a_chain_that_nobody_watches_costs_nothing(watched: Watched) -> None:
    """A row of another chain that cannot be read is named among the unknown fields, and everything is complete."""
    watched.provider.answers = held(token(1), token(137, value_usd="odd"))
    (taken,) = watched.take(0)
    assert taken.is_complete
    unknown = "select unknown_fields from pull where endpoint = 'tokens/snapshot'"
    assert watched.rows(unknown) == [(["$.result[1].value_usd"],)]


@pytest.mark.parametrize("minutes", [-61, 1])
def test_a_chain_of_another_time_costs_itself(watched: Watched, minutes: int) -> None:
    """Rows of one chain that are of another time cost that chain; the others are recorded at the instant."""
    off = int(day(0).timestamp()) + 60 * minutes
    watched.provider.answers = held(token(1), token(10, timestamp=off))
    watched.take(0)
    assert wallets(watched) == [ETHEREUM, BASE]
    assert watched.rows(FAILED) == [("failed:not_point_in_time",)]


@pytest.mark.every
def test_a_rebuild_comes_to_the_same_cells(watched: Watched) -> None:
    """The store that is made again from the kept answers has the same cells, reasons and details."""
    watched.provider.answers = held(token(1), token(10, value_usd="odd"), token(8453, timestamp=None))
    watched.begin()
    watched.take(0)
    asked = "select * exclude (recorded_at) from cell order by all"
    before, said = watched.rows(asked), watched.rows("select pull_key, outcome, reason, detail from pull order by all")
    watched.forget()
    watched.take(0)
    assert watched.rows(asked) == before
    assert watched.rows("select pull_key, outcome, reason, detail from pull order by all") == said


SPENDER = "0x" + "1d" * 20
WALLETS = ("0x295b61866daa53a76ce4b3a927efaf0059b4a90a", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")


def test_an_odd_wallet_costs_itself_and_its_allowances(watched: Watched) -> None:
    """A balance that cannot be read costs its wallet alone, and what may be taken from it is not said to be nothing."""
    watched.sections = {"oneinch_balance": f'spenders = ["{SPENDER}"]'}
    watched.accounts = "".join(f'[[accounts]]\naddress = "{one}"\nchains = ["{ETHEREUM}"]\n' for one in WALLETS)
    both = {one: {"balance": "5", "allowance": "7"} for one in WALLETS}
    listed = {"address": USDC, "decimals": 6, "symbol": "USDC", "name": "USD Coin", "wallets": both}
    odd = listed | {"address": OTHER, "wallets": both | {WALLETS[1]: {"balance": "-5", "allowance": "7"}}}
    watched.provider.answers = {"aggregatedBalancesAndAllowances": [listed, odd]}
    (taken,) = watched.take(0)
    assert not taken.is_complete
    recorded = watched.rows("select account_id, holdings from coverage() where status = 'recorded'")
    assert recorded == [(f"eip155:0:{WALLETS[0]}", 2)]
    allowed = watched.rows("select account_id, reason, count(*) from allowances_at() group by all order by all")
    assert allowed == [
        (f"eip155:0:{WALLETS[0]}", "unpriced", 2),
        (f"eip155:0:{WALLETS[1]}", "failed:unreadable", 1),
    ]


@pytest.mark.every
def test_native_decimals_are_those_of_the_chain(watched: Watched) -> None:
    """An amount of the native coin has its size from the chain table, whatever a provider says of its decimals."""
    watched.sections = {"oneinch_balance": f'spenders = ["{SPENDER}"]'}
    watched.accounts = f'[[accounts]]\naddress = "{WALLETS[0]}"\nchains = ["{ETHEREUM}"]\n'
    wallet = {WALLETS[0]: {"balance": "2500000000000000000", "allowance": "0"}}
    coin = {"address": "0x" + "e" * 40, "decimals": 6, "symbol": "ETH", "name": "Ether", "wallets": wallet}
    watched.provider.answers = {"aggregatedBalancesAndAllowances": [coin]}
    watched.take(0)
    assert watched.rows("select amount, decimals from balance") == [(2.5, 18)]
    watched.sections = {"oneinch_balance": ""}
    watched.provider.answers = {"/balances/": {"0x" + "e" * 40: "7000000000000000000"}}
    watched.take(1)
    assert watched.rows("select amount, decimals from balance order by as_of") == [(2.5, 18), (7.0, 18)]
