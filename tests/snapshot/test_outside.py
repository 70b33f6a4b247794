"""Promises about what stands outside of every total: chains that nobody watches, layers that nobody is asked for."""

from decimal import Decimal

import pytest

from dagster_project import outside
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.connect import reading
from tests.portfolio import FIRST, Portfolio, day

BESIDE = ("not_watched", "not_covered")


def settings_of(portfolio: Portfolio, *chains: str) -> None:
    """Watch so many chains."""
    named = ", ".join(f'"{chain}"' for chain in chains)
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\nchains = [{named}]'


def cells(portfolio: Portfolio, *statuses: str) -> list[dict[str, object]]:
    """The rows of what is outside with one of these statuses; coverage has those that are not watched too."""
    rows = portfolio.answer("outside")
    seen = [row for row in portfolio.answer("coverage") if row["status"] == "not_watched"]
    assert len(seen) == len([row for row in rows if row["status"] == "not_watched"])
    return [row for row in rows if row["status"] in statuses]


def worth(rows: list[dict[str, object]]) -> Decimal:
    """What rows are worth, unclaimed rewards aside."""
    values = [value for row in rows if row["layer"] != "reward" and isinstance(value := row["value_usd"], Decimal)]
    return sum(values, Decimal())


def words(portfolio: Portfolio, instant: float = 0) -> list[str]:
    """What is said to stand outside of the total of an instant."""
    with reading(portfolio.published) as connection:
        return outside.sentences(Asking(connection), day(instant))


@pytest.mark.every
@pytest.mark.parametrize(
    ("provider", "accounts"), [("oneinch_portfolio", ("treasury", "operations")), ("onebalance", ("trading",))]
)
def test_what_is_not_watched_is_told_as_if_watched(
    portfolio: Portfolio, provider: str, accounts: tuple[str, ...]
) -> None:
    """What answers list on chains outside of the settings has the value that it has once these are watched."""
    portfolio.providers, portfolio.accounts = (provider,), accounts
    settings_of(portfolio, "eip155:1")
    portfolio.take(0)
    seen = cells(portfolio, "not_watched")
    chains = sorted({str(row["chain_id"]) for row in seen})
    (point,) = portfolio.answer("value_chart")
    assert chains
    assert "eip155:1" not in chains
    settings_of(portfolio, "eip155:1", *chains)
    portfolio.take(0, again=True)
    assert cells(portfolio, "not_watched") == []
    (whole,) = portfolio.answer("value_chart")
    assert isinstance(whole["value_usd"], Decimal)
    assert isinstance(point["value_usd"], Decimal)
    assert whole["value_usd"] - point["value_usd"] == pytest.approx(worth(seen), abs=Decimal("0.01"))


@pytest.mark.every
@pytest.mark.parametrize("chains", [("eip155:1",), ("eip155:1", "eip155:8453")])
def test_the_settings_line_that_is_shown_watches_the_chains(portfolio: Portfolio, chains: tuple[str, ...]) -> None:
    """`status` and `snapshot` name value, chains and the line to add, and after following it they are silent."""
    portfolio.providers, portfolio.accounts = ("oneinch_portfolio",), ("treasury",)
    settings_of(portfolio, *chains)
    portfolio.take(0)
    (line,) = words(portfolio)
    left = [chain for chain in ("eip155:8453", "eip155:42161") if chain not in chains]
    number = f"on {len(left)} chain{'s' if len(left) > 1 else ''} that you do not watch"
    assert line.startswith("$")
    assert number in line
    assert all(f'"{chain}"' in line for chain in left)
    assert line in portfolio.command("status").stdout
    settings_of(portfolio, *chains, *left)
    portfolio.take(1)
    assert words(portfolio, 1) == []
    assert words(portfolio, 0) == [line], "what was so at the instant before stays so"


@pytest.mark.slow
def test_a_list_of_other_chains_makes_no_total_null(portfolio: Portfolio) -> None:
    """Holdings on unwatched chains are neither a gap nor an alarm, and no claim breaks."""
    portfolio.providers, portfolio.accounts = ("oneinch_portfolio",), ("treasury", "operations")
    settings_of(portfolio, "eip155:1")
    portfolio.take(0, 1)
    assert [point["missing_cells"] for point in portfolio.answer("value_chart")] == [0, 0]
    assert portfolio.answer("gaps") == []
    assert "BROKEN" not in portfolio.command("check").stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("providers", "layers"),
    [
        (("onchain",), {"position", "debt", "reward"}),
        (("credmark",), {"position", "debt", "reward"}),
    ],
)
def test_wallet_tokens_alone_are_said_to_be_alone(
    portfolio: Portfolio, providers: tuple[str, ...], layers: set[str]
) -> None:
    """Where no provider is asked for positions, debts and rewards, SQL and words say so, and the total stays known."""
    portfolio.providers, portfolio.accounts = providers, ("treasury", "operations")
    settings_of(portfolio, "eip155:1")
    portfolio.take(0)
    rows = cells(portfolio, "not_covered")
    assert {row["layer"] for row in rows} == layers
    assert {row["reason"] for row in rows} == {"not_enabled"}
    (point,) = portfolio.answer("value_chart")
    assert point["value_usd"] is not None
    (line,) = words(portfolio)
    assert line == (
        "wallet tokens only: positions, debts and rewards of operations and 1 more on eip155:1 (Ethereum) are asked by "
        "nobody; enable [providers.oneinch_portfolio] to have them"
    )
    stands = portfolio.command("status").stdout
    assert line in stands
    assert "USD (wallet tokens only)" in stands


@pytest.mark.slow
def test_the_remedy_for_uncovered_layers_covers_them(portfolio: Portfolio) -> None:
    """After enabling the provider that the line names, later instants are silent and earlier ones still say it."""
    portfolio.providers, portfolio.accounts = ("onchain",), ("treasury",)
    settings_of(portfolio, "eip155:1", "eip155:8453")
    portfolio.take(0)
    before = words(portfolio)
    assert len(before) == 1
    portfolio.providers = ("onchain", "oneinch_portfolio")
    portfolio.take(1)
    assert [line for line in words(portfolio, 1) if "nobody" in line] == []
    assert words(portfolio) == before


def test_a_chain_without_any_provider_is_said(portfolio: Portfolio) -> None:
    """A watched chain that no enabled provider covers is not covered in all layers, by name of who would."""
    portfolio.providers, portfolio.accounts = ("credmark",), ("treasury",)
    settings_of(portfolio, "eip155:1", "eip155:8453")
    portfolio.take(0)
    rows = [row for row in cells(portfolio, "not_covered") if row["chain_id"] == "eip155:8453"]
    assert {row["layer"] for row in rows} == {"wallet", "position", "debt", "reward"}
    assert any(line.startswith("wallet tokens of treasury on eip155:8453 (Base)") for line in words(portfolio))


@pytest.mark.every
def test_alike_plans_share_what_they_do_not_cover(portfolio: Portfolio) -> None:
    """The table of uncovered cells grows with the settings and not with the instants."""
    portfolio.providers, portfolio.accounts = ("credmark",), ("treasury", "cold")
    settings_of(portfolio, "eip155:1")
    portfolio.take(0, 1, 2, 3)
    assert portfolio.query("select count(*), count(distinct uncovered_id) from uncovered").rows == [(6, 1)]
    portfolio.accounts = ("treasury",)
    portfolio.take(4)
    assert portfolio.query("select count(*), count(distinct uncovered_id) from uncovered").rows == [(9, 2)]


@pytest.mark.every
def test_a_rebuild_makes_the_same_of_raw_answers(portfolio: Portfolio) -> None:
    """What is not watched and what is not covered comes out of the raw answers alone, row for row."""
    portfolio.providers, portfolio.accounts = ("oneinch_portfolio", "onebalance"), ("treasury", "operations")
    settings_of(portfolio, "eip155:1")
    portfolio.take(0, 1)
    portfolio.take(1, again=True)
    before = cells(portfolio, *BESIDE)
    assert portfolio.command("verify").returncode == 0
    assert portfolio.command("rebuild", check=True).returncode == 0
    assert cells(portfolio, *BESIDE) == before
    assert portfolio.command("verify").returncode == 0


@pytest.mark.every
def test_a_removed_account_is_named(portfolio: Portfolio) -> None:
    """An account that the settings no longer list is named by `status` with what it was last worth."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.have(0)
    portfolio.accounts = ("treasury",)
    portfolio.take(1)
    (line,) = [line for line in portfolio.command("status").stdout.splitlines() if "no longer" in line]
    assert line.startswith("cold is no longer in the settings: last recorded 2026-05-01, $")
