"""Promises of several providers side by side: one is of record, the others reconcile it, nothing counts twice."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dagster_project.errors import PortfolioError
from tests.portfolio import FIRST, Portfolio, day
from tests.simulator.running_simulator import address

FOUR = ("oneinch_portfolio", "credmark", "onebalance", "oneinch_balance")
CHAINS = 'chains = ["eip155:1", "eip155:10", "eip155:8453", "eip155:42161"]'
SOLANA = 'chains = ["solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"]'


@pytest.fixture
def four(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of four chains and four providers, with the tiny account and the one on Solana."""
    portfolio.accounts = ("treasury", "trading", "operations", "tiny", "solana-desk")
    portfolio.account_keys = {"solana-desk": SOLANA}
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\n{CHAINS}'
    portfolio.providers = FOUR
    return portfolio


@pytest.mark.slow
def test_every_planned_cell_is_explained(four: Portfolio) -> None:
    """With all providers answering, every planned cell is recorded once, and each provider's part of it is told."""
    (taken,) = four.take(0)
    assert taken.is_complete
    assert set(taken.outcomes) == set(FOUR)
    explained = four.answer("explain")
    cells = four.query("select count(distinct (account_id, chain_id, layer)), count(*) from cell").rows
    assert [(len([row for row in explained if row["standing"] == "record"]), len(explained))] == cells
    assert {row["status"] for row in four.answer("coverage")} == {"recorded", "not_watched"}
    assert {row["provider"] for row in explained if row["label"] == "solana-desk"} == {"onebalance"}
    assert four.answer("reconciliation") == []
    agreement = {row["agreement"] for row in four.answer("reconciliation", matched=True)}
    assert min(float(str(share)) for share in agreement if share is not None) > 0.999


@pytest.mark.slow
def test_a_question_can_name_a_provider_and_a_chain(four: Portfolio) -> None:
    """Named in a question, a provider or a chain leaves other rows out; one that was never asked is an error."""
    four.take(0)
    by = {"account": {}, "chain": {"chain": "eip155:10"}, "provider": {"provider": "onebalance"}}
    for name, column in {"explain": "provider", "coverage": "provider", "reconciliation": "provider_a"}.items():
        more = {"matched": True} if name == "reconciliation" else {}
        rows = {of: four.answer(name, **asked, **more) for of, asked in by.items()}
        assert {row["chain_id"] for row in rows["chain"]} == {"eip155:10"}
        assert len(rows["chain"]) == len([row for row in rows["account"] if row["chain_id"] == "eip155:10"])
        of_it = [row for row in rows["account"] if "onebalance" in (row[column], row.get("provider_b"))]
        assert rows["provider"] == of_it != rows["account"]
        assert of_it
        with pytest.raises(PortfolioError, match="no snapshot asked a provider zapper; there are: credmark"):
            four.answer(name, provider="zapper")


@pytest.mark.slow
def test_a_second_run_asks_nobody(four: Portfolio) -> None:
    """A run over what is recorded sends no request to any provider, and keeps every row."""
    four.take(0)
    before = four.query("select count(*) from pull").rows
    four.forget_requests()
    four.take(0)
    assert four.requests() == []
    assert four.query("select count(*) from pull").rows == before
    assert four.query("select count(*) from pull_superseded").rows == [(0,)]


@pytest.mark.slow
def test_supply_debt_reward_and_receipt(four: Portfolio) -> None:
    """Supply 100, debt 40, reward 5 and the receipt in the wallet are worth 60, with rewards of 5 beside."""
    four.take(0)
    rows = [row for row in four.answer("explain", account="tiny") if row["standing"] == "record"]
    held = [row for row in rows if row["counted"] or row["excluded"]]
    assert {row["layer"]: row["value_usd"] for row in held} == {
        "wallet": Decimal(0),
        "position": Decimal(100),
        "debt": Decimal(-40),
        "reward": Decimal(5),
    }
    assert [(row["excluded"], row["excluded_usd"]) for row in held if row["layer"] == "wallet"] == [(1, Decimal(100))]
    total = [row for row in four.answer("current_value", account="tiny") if row["per"] == "total"]
    assert [row["value_usd"] for row in total] == [Decimal(60)]


@pytest.mark.every
@pytest.mark.parametrize("order", [(("credmark",), FOUR), (FOUR, ("credmark",))], ids=["wallet_first", "both_at_once"])
def test_a_receipt_counts_once_over_providers(four: Portfolio, order: tuple[tuple[str, ...], ...]) -> None:
    """Whichever provider tells of the wallet and whichever of the position, in any order, one of both counts."""
    four.accounts = ("treasury",)
    four.account_keys = {}
    for providers in order:
        four.providers = providers
        four.take(0, again=True)
    found = four.query("""
        select distinct provider, is_counted, cell.value_usd = (
            select sum(value_usd) from balance as counted
            where counted.provider = balance.provider and counted.chain_id = 'eip155:1'
                and counted.layer = 'wallet' and counted.is_counted
        )
        from balance join cell using (as_of, provider, pull_key, account_id, chain_id, layer)
        where asset_id = (select contract_id from position where chain_id = 'eip155:1')
            and layer = 'wallet' and provider in ('credmark', 'oneinch_portfolio')
        order by all
    """).rows  # fmt: skip
    assert found == [("credmark", False, True), ("oneinch_portfolio", False, True)]


@pytest.mark.every
@pytest.mark.parametrize(
    ("on", "verdict", "where", "assets", "stranger"),
    [
        ("2026-04-10", "price", ("treasury", "eip155:1"), 1, "onebalance"),
        ("2026-06-03", "only_b", ("treasury", "eip155:1"), 1, "oneinch_portfolio"),
        ("2026-06-10", "only_a", ("operations", "eip155:1"), 1, "oneinch_balance"),
        ("2026-07-15", "price", ("trading", "eip155:8453"), 1, "oneinch_portfolio"),
        ("2026-08-04", "only_a", ("treasury", "eip155:8453"), 4, "onebalance"),
        ("2026-08-11", "only_b", ("trading", "eip155:10"), 2, "oneinch_portfolio"),
        ("2026-06-25", "total", ("trading", "eip155:42161"), 1, "oneinch_portfolio"),
        ("2026-09-03", "total", ("treasury", "eip155:8453"), 1, "oneinch_portfolio"),
    ],
)
def test_reconciliation_lists_what_is_planted(
    four: Portfolio, on: str, verdict: str, where: tuple[str, str], assets: int, stranger: str
) -> None:
    """Where a provider differs from the others or from its own total, just that is listed, each time with its name."""
    at = datetime.fromisoformat(on).replace(tzinfo=UTC)
    before = datetime(2026, 3, 20, tzinfo=UTC)
    four.snapshots = f'cron = "0 0 * * *"\nstart = "{before:%Y-%m-%d}"\n{CHAINS}'
    four.take(*((instant - FIRST) // timedelta(days=1) for instant in (before, at)))
    listed = four.answer("reconciliation", as_of=at)
    assert listed
    assert {(row["label"], row["chain_id"]) for row in listed} == {where}
    assert len({row["asset_id"] for row in listed}) == assets
    assert all(stranger in (row["provider_a"], row["provider_b"]) for row in listed)
    assert verdict in {row["verdict"] for row in listed}
    assert four.answer("reconciliation", as_of=before) == []


@pytest.mark.slow
def test_a_receipt_under_its_pools_name_counts_once(four: Portfolio) -> None:
    """A provider that for a while names the pool instead of the receipt does not make the receipt count again."""
    four.accounts, four.account_keys = ("trading",), {}
    numbers = [(datetime(2026, 6, date, tzinfo=UTC) - FIRST).days for date in (20, 25)]
    four.take(*numbers)
    query = (
        "select count(*) filter (where not is_counted) from balance where provider = 'oneinch_portfolio' group by as_of"
    )
    assert four.query(query).rows == [(1,), (1,)]


@pytest.mark.every
def test_a_lower_provider_stands_in_and_takes_over(four: Portfolio) -> None:
    """Where the first provider fails the next stands in, and is of record from the third time until three come back."""
    four.accounts, four.account_keys = ("trading",), {}
    four.providers = ("oneinch_portfolio", "credmark")
    path = "/tokens/snapshot"
    four.take(0)
    four.simulator.order("forbidden", dialect="oneinch", path=path, account=address("trading"))
    four.take(1, 2, 3, 4)
    four.simulator.clear_faults()
    four.take(5, 6, 7)
    told = four.query("""
        select provider, is_fallback from coverage() where chain_id = 'eip155:1' and layer = 'wallet' order by as_of
    """).rows
    assert told == [
        ("oneinch_portfolio", False),
        ("credmark", True),
        ("credmark", True),
        ("credmark", False),
        ("credmark", False),
        ("credmark", False),
        ("credmark", False),
        ("oneinch_portfolio", False),
    ]
    reasons = [four.answer("explain", as_of=day(number))[-1]["reason"] for number in (1, 5)]
    assert reasons[0] != reasons[1]


@pytest.mark.every
def test_a_provider_that_is_switched_off_loses_no_past(four: Portfolio) -> None:
    """Switching a provider off keeps its rows, and the runs go on without it."""
    four.take(0)
    before = four.query("select provider, count(*) from balance group by all order by all").rows
    four.providers = ("oneinch_portfolio", "onebalance")
    (taken,) = four.take(1)
    assert taken.is_complete
    after = four.query(
        "select provider, count(*) from balance where as_of < '2026-05-02' group by all order by all"
    ).rows
    assert before == after


def test_a_borrowed_price_is_named(four: Portfolio) -> None:
    """Exact amounts without a price of their own are priced by another provider of the same instant, by name."""
    four.take(0)
    told = four.query("""
        select price_origin, count(*), bool_and(amount_raw is not null), bool_and(decimals is not null)
        from balance where provider = 'oneinch_balance' group by all order by all
    """).rows
    assert {origin for origin, *_ in told} <= {"oneinch_portfolio", "credmark", "onebalance", None}
    assert "oneinch_portfolio" in {origin for origin, *_ in told}
    assert all(is_exact for _, _, is_exact, _ in told)
    implied = four.query("select distinct price_origin from balance where provider = 'onebalance'").rows
    assert implied == [("implied",)]


@pytest.mark.every
def test_what_vanished_is_contradicted_by_a_second_provider(four: Portfolio) -> None:
    """An answer that lacks what was there before, and that another provider still has, is not of record."""
    four.accounts, four.account_keys = ("treasury",), {}
    four.providers = ("oneinch_portfolio", "credmark")
    numbers = [(datetime(2026, *on, tzinfo=UTC) - FIRST).days for on in ((5, 31), (6, 1), (6, 2))]
    four.take(*numbers)
    told = four.answer("explain", as_of=datetime(2026, 6, 2, tzinfo=UTC))
    wallet = {row["provider"]: row for row in told if (row["chain_id"], row["layer"]) == ("eip155:1", "wallet")}
    assert (wallet["oneinch_portfolio"]["standing"], wallet["oneinch_portfolio"]["reason"]) == (
        "missing",
        "suspect:vanished",
    )
    assert wallet["credmark"]["standing"] == "fallback"
    assert wallet["credmark"]["counted"] == wallet["oneinch_portfolio"]["counted"] + 1  # type: ignore[operator] # counts
    assert {row["status"] for row in four.answer("coverage")} == {"recorded"}


@pytest.mark.every
def test_a_chain_that_is_gone_is_settled_by_the_next_instant(portfolio: Portfolio) -> None:
    """With one provider a chain on which all is gone is no fall: it is missing until the next instant says the same."""
    portfolio.accounts = ("cold",)
    before, emptied = ((datetime(2026, 7, on, tzinfo=UTC) - FIRST).days for on in (6, 7))
    portfolio.take(before)
    portfolio.forget_requests()
    (taken,) = portfolio.take(emptied)
    assert not taken.is_complete
    assert len(portfolio.requests()) == 2
    last = portfolio.answer("value_chart")[-1]
    assert (last["value_usd"], last["missing"]) == (None, ["cold / eip155:1 / wallet: suspect:vanished"])
    assert not portfolio.take(emptied)[0].is_complete
    (taken,) = portfolio.take(emptied + 1)
    assert taken.is_complete
    assert [row["value_usd"] for row in portfolio.answer("value_chart")][-2:] == [Decimal(0)] * 2
    assert portfolio.query("select count(*) from pull_superseded").rows == [(0,)]
    assert portfolio.take(emptied)[0].asked == 0


@pytest.mark.every
def test_a_chain_that_its_provider_lost_is_missing_until_it_has_it_again(portfolio: Portfolio) -> None:
    """Healthy answers without a chain, asked again and again, are an instant without a total, mended by a later run."""
    portfolio.accounts = ("cold",)
    portfolio.have(0)
    portfolio.simulator.order("missing_chain", chain="eip155:1")
    for _ in range(3):
        assert not portfolio.take(1)[0].is_complete
    first, lost = portfolio.answer("value_chart")
    assert first["value_usd"] is not None
    assert (lost["value_usd"], lost["missing_cells"]) == (None, 1)
    portfolio.simulator.clear_faults()
    assert all(one.is_complete for one in portfolio.take(1, 2))
    assert all(Decimal(str(row["value_usd"])) > 1_000_000 for row in portfolio.answer("value_chart"))


@pytest.mark.every
def test_a_flipped_debt_is_never_believed(four: Portfolio) -> None:
    """A debt that comes as an asset is in doubt however often it is said, and counts again once it is a debt again."""
    four.accounts, four.account_keys, four.providers = ("tiny",), {}, ("oneinch_portfolio",)
    four.take(0)
    four.simulator.order("flipped_debt", dialect="oneinch")
    for _ in range(2):
        (taken,) = four.take(1)
        assert not taken.is_complete
        point = four.answer("value_chart")[-1]
        missing = {f"tiny / eip155:8453 / {layer}: suspect:flipped" for layer in ("debt", "position")}
        assert (point["value_usd"], set(point["missing"])) == (None, missing)  # type: ignore[call-overload] # a list
    four.simulator.clear_faults()
    assert four.take(1)[0].is_complete
    assert [row["value_usd"] for row in four.answer("value_chart")] == [Decimal(60), Decimal(60)]


@pytest.mark.every
def test_a_passing_gap_is_mended_by_asking_again(portfolio: Portfolio) -> None:
    """An answer that lacks everything for once is replaced by the honest one of the same run, and both are kept."""
    portfolio.accounts = ("cold",)
    portfolio.have(0)
    portfolio.simulator.order("empty_positions", times=1)
    portfolio.take(1)
    chart = [row["value_usd"] for row in portfolio.answer("value_chart")]
    assert all(value is not None and Decimal(str(value)) > 1_000_000 for value in chart)
    assert portfolio.query("select value_usd from cell_superseded").rows == [(Decimal(0),)]
    assert portfolio.query("select count(*) from cell where doubt is not null").rows == [(0,)]


@pytest.mark.every
def test_what_vanished_is_missing_while_nobody_answers_again(portfolio: Portfolio) -> None:
    """Where the second answer fails the first stays in doubt: the total is NULL and says why, until a run mends it."""
    portfolio.accounts = ("cold",)
    portfolio.have(0)
    gap = {"dialect": "credmark", "fault": "empty_positions", "times": 1}
    orders = [gap, {"dialect": "credmark", "fault": "forbidden"}]
    portfolio.simulator.http.put(f"{portfolio.simulator.url}/_simulator/faults", json=orders).raise_for_status()
    portfolio.take(1)
    (doubted,) = portfolio.answer("value_chart", since=day(1))
    assert (doubted["value_usd"], doubted["missing"]) == (None, ["cold / eip155:1 / wallet: suspect:vanished"])
    portfolio.simulator.clear_faults()
    portfolio.take(1)
    (mended,) = portfolio.answer("value_chart", since=day(1))
    assert mended["value_usd"] is not None
