"""Promises of extreme numbers: what may enter is derived, published and answered; one absurd row blocks nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import every_answer
from tests.commands import run
from tests.normalise.asking import WALLET
from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.stating import BALANCES, LISTED, Held, Position, Token, asset, credmark, onebalance, oneinch

__all__ = ["provider"]

OWNER = WALLET.lower()
LARGEST_AMOUNT = 1.157e77
LARGEST_VALUE = 999_999_999_999.0
NINES = "9" * 78
USDC, A, B, C, D = (
    "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    *("0x" + f"{number:02x}" * 20 for number in (1, 2, 3, 4)),
)
Watch = Callable[[dict[str, str]], Watched]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watch:
    """Give a way to watch a wallet through providers of a test; what is extreme is kept by the owner's word."""
    use_folder(monkeypatch, tmp_path)
    monkeypatch.setenv("PORTFOLIO_CONFIG", str(tmp_path / "portfolio.toml"))
    kept = "".join(f'[[assets]]\nid = "{asset(one)}"\ntreat = "keep"\n' for one in (A, B, C))
    return lambda sections: Watched(tmp_path, sections, provider, further=kept)


def instants(watched: Watched) -> int:
    """Count the instants that are published."""
    ((count,),) = watched.rows("select count(*) from value_chart()")
    return int(count)


def wrong(watched: Watched) -> list[str]:
    """Give what went wrong when everything was asked."""
    return every_answer.faults(watched.settings().paths.published, watched.folder, dict(os.environ))


LEAPS: dict[str, Callable[[int], Held]] = {
    "amounts": lambda day: [Token(A, (LARGEST_AMOUNT, 5e-324, 1e60)[day % 3], 1.0, (0.0, 1.0, 5.0)[day % 3])],
    "prices": lambda day: [Token(A, (5e-324, 1e60, 1.0)[day % 3], (1e308, 1e-60, 1.0)[day % 3], 1.0)],
    "comes and goes": lambda day: [Token(A, LARGEST_AMOUNT, 1e-77), Token(B, 1.0, 1e12)][day % 2 :],
    "largest values": lambda day: [
        Token(A, LARGEST_VALUE if day % 2 else 1.0), Token(B, LARGEST_VALUE / (day + 1)),
        Position("0x" + "71" * 20, (Token(C, LARGEST_VALUE),), value=-LARGEST_VALUE, sign=-1),
        Position("0x" + "72" * 20, (Token(C, LARGEST_VALUE), Token(D, LARGEST_VALUE)), value=9.9e31),
    ],
}  # fmt: skip


@pytest.mark.every
@pytest.mark.parametrize("case", LEAPS)
def test_what_a_provider_states_is_published(watch: Watch, case: str) -> None:
    """Amounts, prices and values at the ends of what may be stated, leaping each day, block no answer or verb."""
    watched = watch({"oneinch_portfolio": ""})
    watched.provider.answers |= oneinch(lambda day: {OWNER: [Token(USDC, 20_000.0), *LEAPS[case](day)]})
    watched.take(0, 1, 2)
    assert instants(watched) == 3
    assert wrong(watched) == []


@pytest.mark.every
@pytest.mark.parametrize("raw", [str(2**256 - 1), "9" * 38, "9" * 39])
def test_raw_amounts_are_published(watch: Watch, raw: str) -> None:
    """Raw amounts up to 2^256 - 1, beside providers that contradict them by seventy digits, block no answer or verb."""
    watched = watch({"onebalance": "", "credmark": ""})
    legs = {asset(USDC): (raw, 1e12), asset(A): ("1", 1e308), asset(B): (raw, 5.0)}
    answers = onebalance(OWNER, legs, 5.0, 5.0)
    watched.provider.answers |= {BALANCES: lambda _: answers[BALANCES], LISTED: answers[LISTED]}
    watched.provider.answers |= credmark(Token(A, LARGEST_AMOUNT, 1e308, 5.0), Token(B, 1e-77, 1.0), value=1e308)
    watched.take(0, 1)
    assert instants(watched) == 2
    assert wrong(watched) == []


@pytest.mark.every
@pytest.mark.parametrize("price", [1.0, 1e-70, 1e6])
def test_flows_are_published(watch: Watch, price: float) -> None:
    """Flows of 78 nines, of 78 decimals, and many in one step are imported, and block no answer or verb."""
    watched = watch({"oneinch_portfolio": ""})
    watched.provider.answers |= oneinch(lambda day: {OWNER: [Token(USDC, 20_000.0 + day, price)]})
    watched.take(0, 1, 2)
    moved = [("deposit", NINES), ("withdrawal", f"0.{'0' * 77}1"), ("internal", f"{NINES}.{NINES}"), ("fee", "9" * 39)]
    lines = [
        f"2026-05-0{day}T0{hour}:00,{WALLET},{asset(USDC)},{amount},{kind},{hour}"
        for day in (1, 2, 3)
        for hour in range(1, 9)
        for kind, amount in moved
    ]
    file = watched.folder / "flows.csv"
    file.write_text("\n".join(["at,account,asset,amount,kind,note", *lines, ""]), encoding="utf-8")
    done = run(("import", str(file)), dict(os.environ), watched.folder)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    watched.take(3)
    assert instants(watched) == 4
    assert watched.rows("select count(*), count(distinct amount_exact) from flows()") == [(len(lines), 4)]
    assert wrong(watched) == []


@pytest.mark.parametrize("amount", ["9" * 79, f"1.{'0' * 78}1", "NaN", "inf", "-1", "1e77"])
def test_flows_beyond_that_are_refused(watch: Watch, amount: str) -> None:
    """What is no amount, or has a digit too many, is refused with its line, and nothing is stored."""
    watched = watch({"oneinch_portfolio": ""})
    watched.settings()
    file = watched.folder / "flows.csv"
    lines = ["at,account,asset,amount,kind", f"2026-05-02,{WALLET},{asset(USDC)},{amount},deposit", ""]
    file.write_text("\n".join(lines), encoding="utf-8")
    done = run(("import", str(file)), dict(os.environ), watched.folder)
    assert (done.returncode, "line 2, amount: " in done.stderr) == (2, True), done.stderr
    assert not watched.settings().paths.store.exists()
