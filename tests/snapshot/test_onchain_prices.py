"""Promises of how prices are asked for: of now, of an instant, of many instants of a backfill in one request."""

import json
from collections import Counter
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.archive.layout import find_streams
from dagster_project.normalise.onchain_prices import LEAD_SECONDS, read_batch
from dagster_project.normalise.onchain_question import Prices
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.take import read_slice
from dagster_project.snapshot.taken import Taken
from dagster_project.sources.onchain_pricing import Together, coins_a_request, count_together
from tests.portfolio import Portfolio, day

DAYS = range(15, 28)
"""Among them are those on which an asset of the book has no price."""

AT = 1_666_877_000


@pytest.fixture
def chain(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio on two chains, asked of the chains for what another provider has seen."""
    portfolio.snapshots += '\nchains = ["eip155:1", "eip155:8453"]'
    portfolio.accounts = ("treasury", "trading")
    portfolio.providers = ("credmark",)
    portfolio.have(0)
    portfolio.providers = ("onchain",)
    portfolio.forget_requests()
    return portfolio


def backfill(chain: Portfolio, *days: int, again: bool = False) -> list[Taken]:
    """Take days in one run, late."""
    taken: list[Taken] = []
    job = Job(tuple(day(number) for number in days), heals=True, again=again)
    take_history(chain.settings(), job, Watch(stored=taken.append))
    return taken


def asked(chain: Portfolio, kind: str) -> int:
    """Count the requests for prices of a kind."""
    return sum(kind in path for path in chain.requests())


def priced(chain: Portfolio) -> list[tuple[object, ...]]:
    """Give what is stored of balances with their prices."""
    sql = """
        select as_of, account_id, asset_id, amount_raw, price_usd, price_status, value_usd from balance
        where provider = 'onchain' order by all
    """
    return chain.query(sql).rows


@pytest.mark.slow
def test_what_is_young_is_asked_as_of_now(chain: Portfolio) -> None:
    """A snapshot on time asks for the prices of now, one that is late for those of its instant, nothing else."""
    chain.take(1)
    assert (asked(chain, "/prices/current/"), asked(chain, "/prices/historical/")) == (2, 0)
    chain.forget_requests()
    backfill(chain, 2)
    assert (asked(chain, "/prices/current/"), asked(chain, "/prices/historical/")) == (0, 2)
    assert asked(chain, "/batchHistorical") == 0


@pytest.mark.every
def test_a_backfill_shares_its_prices(chain: Portfolio) -> None:
    """A run over many days asks for their prices in a few requests, and stores what days taken one by one would."""
    assert all(one.is_complete for one in backfill(chain, *DAYS))
    assert asked(chain, "/prices/") == 0
    together = asked(chain, "/batchHistorical")
    assert 1 <= together <= 4, "two chains, which share their coin, and a token that comes later"
    found = priced(chain)
    some = (15, 19, 20, 27)
    for one in some:
        backfill(chain, one, again=True)
    assert asked(chain, "/prices/historical/") == 2 * len(some)
    assert priced(chain) == found
    assert {status for *_, status, _ in found} == {"priced", "unknown"}, "a day without a price is among them"


@pytest.mark.every
def test_each_instant_keeps_what_it_relies_on(chain: Portfolio) -> None:
    """From its own stream alone each instant of such a run comes again, whoever of them had asked."""
    taken = backfill(chain, *DAYS)
    raw = chain.folder / "data" / "simulated" / "raw"
    for one in taken:
        (live,) = one.slices
        (stream,) = find_streams(raw, "onchain", one.plan.as_of, one.plan.as_of)
        again = read_slice(stream)
        assert again is not None
        for table in ("pull", "cell", "balance", "figure"):
            assert getattr(again, table).equals(getattr(live, table)), table
    tries = int(str(chain.query("select sum(tries) from pull where provider = 'onchain'").rows[0][0]))
    assert tries == len(chain.requests()), "what was sent once is counted once"


@pytest.mark.every
def test_prices_that_failed_together_are_asked_again(chain: Portfolio) -> None:
    """Where the shared request fails every instant fails, without a request for each, and the next run mends all."""
    chain.simulator.order("forbidden", dialect="onchain", path="/batchHistorical")
    assert not any(one.is_complete for one in backfill(chain, *DAYS))
    assert asked(chain, "/batchHistorical") < len(DAYS)
    assert chain.query("select distinct reason from pull where provider = 'onchain'").rows == [("forbidden",)]
    chain.simulator.clear_faults()
    assert all(one.is_complete for one in backfill(chain, *DAYS))


@given(instants=st.integers(2, 60), coins=st.integers(1, 250), hours=st.integers(1, 400))
def test_no_request_asks_for_too_much(instants: int, coins: int, hours: int) -> None:
    """However many coins and instants, no request has more than 100 coins or 8,000 letters, and each is asked once."""
    run = [AT + number * 3600 * hours for number in range(instants)]
    together, names = Together(run), [f"berachain:0x{number:040x}" for number in range(coins)]
    asked: Counter[tuple[str, int]] = Counter()
    requests = {request for at in run for request in together.requests(Prices("", "berachain", ""), at, names)}
    for request in requests:
        assert len(request.path) <= 8000
        meant = json.loads(unquote(request.path.partition("coins=")[2]))
        assert len(meant) <= 100
        asked.update((name, at) for name, times in meant.items() for at in times)
    alone = {at for at in run if not together.requests(Prices("", "berachain", ""), at, names)}
    expected = {(name, at - LEAD_SECONDS) for name in names for at in run if at not in alone}
    assert len(alone) <= 1
    assert set(asked) == expected
    assert set(asked.values()) <= {1}
    assert len(requests) == count_together([coins], instants) - (instants % 24 == 1) * -(-coins // coins_a_request(1))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ([(AT + 86_400, 3.0), (AT - 7200, 4.0), (AT - LEAD_SECONDS - 69, 1.0), (AT - 86_400, 2.0)], 1.0),
        ([(AT - 86_400, 2.0), (AT + 86_400, 3.0)], None),
        ([(AT - 3600, 2.0), (AT + 100, 1.0)], 1.0),
        ([], None),
    ],
    ids=["in_no_order", "none_of_this_instant", "nearest_is_later", "no_point"],
)
def test_points_are_matched_by_their_own_time(stated: list[tuple[int, float]], expected: float | None) -> None:
    """Of points in any order that is meant which is nearest to what was asked; those of other instants are none."""
    points = ",".join(f'{{"timestamp":{at},"price":{price},"confidence":0.9}}' for at, price in stated)
    body = f'{{"coins":{{"ethereum:0xAB":{{"symbol":"X","prices":[{points}]}}}}}}'
    found = read_batch(body, AT).points
    assert (found["ethereum:0xab"].price if found else None) == expected
