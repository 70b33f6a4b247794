"""Promises of extreme numbers that were taken in: they are compacted, rebuilt, verified and served as they came.

What may enter, and every answer about it, is test_extremes.py; here each entry is followed to the verbs behind it.
"""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.exchange.write import export
from dagster_project.warehouse.ask import answer, contracts
from tests.commands import run
from tests.normalise.asking import WALLET
from tests.portfolio import day, use_folder
from tests.snapshot import rederiving
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.lying_nodes import BEGINS, TODAY, Chain, Node, folder, serving
from tests.snapshot.lying_nodes import WALLET as ON_CHAIN
from tests.snapshot.stating import BALANCES, LISTED, Token, asset, credmark, onebalance, oneinch
from tests.snapshot.test_decimals import FIRST, wallet
from tests.snapshot.test_extremes import LARGEST_AMOUNT, LARGEST_VALUE, LEAPS, NINES, OWNER, USDC, A, B

__all__ = ["folder", "provider"]

pytestmark = pytest.mark.slow

MOST_RAW = 2**256 - 1
RATES = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE\n"
Watch = Callable[..., Watched]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watch:
    """Give a way to watch a wallet through providers of a test, with further settings."""
    use_folder(monkeypatch, tmp_path)
    monkeypatch.setenv("PORTFOLIO_CONFIG", str(tmp_path / "portfolio.toml"))
    kept = "".join(f'[[assets]]\nid = "{asset(one)}"\ntreat = "keep"\n' for one in (A, B))
    return lambda sections, further="": Watched(tmp_path, sections, provider, further=further or kept)


def wrong(watched: Watched, verbs: tuple[tuple[str, ...], ...] = rederiving.VERBS) -> list[str]:
    """Give what went wrong when all was derived anew and served."""
    return rederiving.faults(watched.settings().paths.published, watched.folder, dict(os.environ), WALLET, verbs)


@pytest.mark.every
@pytest.mark.parametrize("case", ["amounts", "largest values"])
def test_what_providers_state_is_derived_again(watch: Watch, case: str) -> None:
    """Amounts, prices and values at the ends of what may be stated outlive every verb that derives, row for row."""
    watched = watch({"oneinch_portfolio": ""})
    watched.provider.answers |= oneinch(lambda number: {OWNER: [Token(USDC, 20_000.0), *LEAPS[case](number)]})
    watched.take(0, 1, 2)
    assert wrong(watched) == []


def test_raw_amounts_are_derived_again(watch: Watch) -> None:
    """Raw amounts of 78 digits, in OneBalance beside Credmark's doubles, come out of every verb digit for digit."""
    watched = watch({"onebalance": "", "credmark": ""})
    answers = onebalance(OWNER, {asset(USDC): (str(MOST_RAW), 1e12), asset(A): ("1", 1e308)}, 5.0, 5.0)
    watched.provider.answers |= {BALANCES: lambda _: answers[BALANCES], LISTED: answers[LISTED]}
    watched.provider.answers |= credmark(Token(A, LARGEST_AMOUNT, 1e308, 5.0), Token(B, 5e-324, 1.0), value=1e308)
    watched.take(0, 1)
    assert wrong(watched) == []
    held = watched.rows("select distinct amount_raw from balance where provider = 'onebalance' order by all")
    assert held == [("1",), (str(MOST_RAW),)]


@pytest.mark.every
@pytest.mark.parametrize(("decimals", "raw"), [(0, MOST_RAW), (255, MOST_RAW), (255, 1)])
def test_a_tokens_decimals_are_derived_again(folder: Path, provider: Provider, decimals: int, raw: int) -> None:
    """A token of 0 to 255 decimals is sized as its contract says, however much is held, and outlives every verb."""
    node = Node(Chain(BEGINS, holds={FIRST: raw}, decimals={FIRST: decimals}))
    with serving(node):
        portfolio = wallet(folder, node, provider, 18, None)
        portfolio.take(TODAY - timedelta(days=2), TODAY - timedelta(days=1))
    found = portfolio.rows("select distinct amount_raw, decimals, amount from balance where asset_id like '%a1a1'")
    assert found == [(str(raw), decimals, raw / 10**decimals)]
    environment = os.environ | {"PORTFOLIO_CONFIG": str(folder / "portfolio.toml")}
    assert rederiving.faults(portfolio.settings().paths.published, folder, environment, ON_CHAIN) == []


@pytest.mark.every
def test_more_decimals_than_a_contract_can_state_size_nothing(folder: Path, provider: Provider) -> None:
    """A contract that states 256 decimals states none: the list sizes the holding, and all is derived again."""
    node = Node(Chain(BEGINS, holds={FIRST: MOST_RAW}, decimals={FIRST: 256}))
    with serving(node):
        portfolio = wallet(folder, node, provider, 18, None)
        portfolio.take(TODAY - timedelta(days=1))
    found = portfolio.rows("select amount_raw, decimals, amount from balance where asset_id like '%a1a1'")
    assert found == [(str(MOST_RAW), 18, MOST_RAW / 10**18)]
    environment = os.environ | {"PORTFOLIO_CONFIG": str(folder / "portfolio.toml")}
    assert rederiving.faults(portfolio.settings().paths.published, folder, environment, ON_CHAIN) == []


def rates(*observed: tuple[str, str]) -> bytes:
    """Give the answer of the ECB with these rates of Thursday, in its own form."""
    lines = [f"EXR.D.{one}.EUR.SP00.A,D,{one},EUR,SP00,A,2026-04-30,{rate}\n" for one, rate in observed]
    return (RATES + "".join(lines)).encode()


LARGEST_RATE, SMALLEST_RATE = f"{'9' * 12}.{'9' * 12}", f"0.{'0' * 11}1"


@pytest.mark.every
@pytest.mark.parametrize(("dollar", "pound"), [(LARGEST_RATE, SMALLEST_RATE), (SMALLEST_RATE, LARGEST_RATE)])
def test_rates_are_derived_again(watch: Watch, dollar: str, pound: str) -> None:
    """Rates of twelve digits on either side of the point outlive every verb, and values in them are no infinity."""
    watched = watch({"oneinch_portfolio": "", "ecb": ""}, 'currencies = ["EUR", "GBP"]\n')
    held = [Token(USDC, LARGEST_VALUE), Token(A, 1e-6)]
    watched.provider.answers |= oneinch({OWNER: held}) | {"EXR": rates(("USD", dollar), ("GBP", pound))}
    watched.take(0, 1)
    published = watched.settings().paths.published
    told = {row["currency"]: row["usd_per_unit"] for row in answer(published, "rates").dicts() if row["reason"] is None}
    assert told == {"EUR": float(dollar), "GBP": float(dollar) / float(pound)}
    assert wrong(watched) == []
    for currency in ("EUR", "GBP"):
        for contract in (one for one in contracts() if "currency" in one.parameters):
            answer(published, contract.name, currency=currency)


@pytest.mark.parametrize("rate", ["1" + "0" * 12, f"1.{'0' * 13}", "1e5", "-1", "0", "inf"])
def test_rates_beyond_that_are_unreadable(watch: Watch, rate: str) -> None:
    """A rate with a digit too many, an exponent or a sign is unreadable by its row, and takes nothing from the rest."""
    watched = watch({"oneinch_portfolio": "", "ecb": ""}, 'currencies = ["EUR", "GBP"]\n')
    watched.provider.answers |= oneinch({OWNER: [Token(USDC, 1.0)]}) | {"EXR": rates(("USD", "1.1"), ("GBP", rate))}
    watched.take(0)
    assert watched.rows("select outcome, reason from pull where provider = 'ecb'") == [("failed", "unreadable")]
    assert watched.rows("select value_usd from value_chart()") == [(Decimal(1),)]


@pytest.mark.every
@pytest.mark.parametrize(
    ("price", "amount"),
    [(1e12, LARGEST_AMOUNT), (5e-324, 5e-324), (1e12, 0.5)],
)
def test_prices_of_the_settings_are_derived_again(watch: Watch, price: float, amount: float) -> None:
    """A price of the settings at either end, times an amount at either end, blocks nothing and outlives every verb."""
    rule = f'[[assets]]\nid = "{asset(A)}"\ntreat = "keep"\nprice_usd = {price!r}\n'
    watched = watch({"oneinch_portfolio": ""}, rule)
    watched.provider.answers |= oneinch({OWNER: [Token(USDC, 20_000.0), Token(A, amount, 1.0, 1.0)]})
    watched.take(0, 1)
    assert wrong(watched) == []
    is_beyond = price * amount > LARGEST_VALUE
    value = Decimal(20_000) + (0 if is_beyond else round(Decimal(price * amount), 6))
    assert watched.rows("select distinct value_usd, quarantined_count from value_chart()") == [(value, is_beyond)]


@pytest.mark.parametrize("price", ["1.000001e12", "-1", "nan", "inf", '"1"', "1e400"])
def test_prices_of_the_settings_beyond_that_are_refused(watch: Watch, price: str) -> None:
    """A price that no coin has is refused with its line, before anybody is asked."""
    watched = watch({"oneinch_portfolio": ""}, f'[[assets]]\nid = "{asset(A)}"\nprice_usd = 1\n')
    config = watched.settings().paths.store.parents[2] / "portfolio.toml"
    text = config.read_text(encoding="utf-8").replace("price_usd = 1", f"price_usd = {price}")
    config.write_text(text, encoding="utf-8")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.startswith("price_usd"))
    done = run(("snapshot", "--at", f"{day(0):%Y-%m-%d}"), dict(os.environ), watched.folder)
    assert (done.returncode, f"line {line}" in done.stderr, "price_usd" in done.stderr) == (2, True, True), done.stderr
    assert watched.provider.asked == []


def exported(watched: Watched, change: str = "select 1") -> Path:
    """Export a history, of which something was changed before."""
    copy = watched.folder / "changed.duckdb"
    copy.write_bytes(watched.settings().paths.published.read_bytes())
    with duckdb.connect(copy) as connection:
        connection.execute(change)
    return export(copy, watched.folder / "package", "parquet", day(30), lambda *_: None).folder


def extreme(watch: Watch) -> Watched:
    """Give three days of leaping amounts with flows of 78 nines."""
    watched = watch({"oneinch_portfolio": ""})
    watched.provider.answers |= oneinch(lambda number: {OWNER: [Token(USDC, 2e4), *LEAPS["amounts"](number)]})
    watched.take(0, 1, 2)
    file = watched.folder / "flows.csv"
    flow = f"2026-05-02,{WALLET},{asset(USDC)},{NINES}.{NINES},deposit"
    file.write_text(f"at,account,asset,amount,kind\n{flow}\n", encoding="utf-8")
    done = run(("import", str(file)), dict(os.environ), watched.folder)
    assert done.returncode == 0, done.stderr
    return watched


@pytest.mark.every
def test_an_imported_history_is_derived_again(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with amounts at the ends is imported elsewhere, restored, compacted, rebuilt and served there."""
    watched = extreme(watch)
    package, raw = exported(watched), watched.settings().paths.store.with_name("raw")
    monkeypatch.setenv("PORTFOLIO_DATA", str(watched.folder / "elsewhere"))
    done = run(("import", str(package)), dict(os.environ), watched.folder)
    assert done.returncode == 0, done.stderr
    store = watched.settings().paths.store
    shutil.copytree(raw, store.with_name("raw"), dirs_exist_ok=True)
    store.rename(watched.folder / "lost.duckdb")
    assert wrong(watched, (("restore",), ("compact",), ("verify",), ("rebuild",), ("verify",))) == []
    assert watched.rows("select amount_exact from flow") == [(f"{NINES}.{NINES}",)]


CHANGES = {
    "a flow of a digit too many": ("update flow set amount_exact = repeat('9', 79)", "flow"),
    "a flow of 10,000 digits": ("update flow set amount_exact = repeat('9', 10000)", "flow"),
    "a flow below zero": ("update flow set amount_exact = '-1', amount = -1", "flow"),
    "a flow that is no number": ("update flow set amount_exact = 'abc'", "flow"),
    "a flow of infinity": ("update flow set amount = 'inf'", "flow"),
    "a flow whose double is another": ("update flow set amount = 1", "flow"),
    "a flow of no digit": ("update flow set amount_exact = '0', amount = 0", "flow"),
    "an amount of infinity": ("update balance set amount = 'inf'", "balance"),
    "a value beyond the largest": ("update balance set value_usd = 999999999999.999999 where amount > 2", "balance"),
    "decimals of 256": ("update balance set decimals = 256, amount_raw = '1' where amount > 2", "balance"),
}
"""What somebody did to a history before it was exported, and the table whose file is named."""


@pytest.mark.every
@pytest.mark.parametrize("case", CHANGES)
def test_a_package_with_more_is_refused(watch: Watch, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """A package with a number that no door lets in is refused by file and row, and nothing is imported."""
    change, table = CHANGES[case]
    watched = extreme(watch)
    package = exported(watched, change)
    monkeypatch.setenv("PORTFOLIO_DATA", str(watched.folder / "elsewhere"))
    done = run(("import", str(package)), dict(os.environ), watched.folder)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stdout + done.stderr
    assert f"{table}/" in done.stderr
    assert not watched.settings().paths.store.exists()
