"""Promises of [prices] in a settings file: how long a price is carried, and which coins are worth a fixed sum."""

import pytest

from dagster_project.prices import PricePolicy, listed_stablecoins
from tests.settings.settings_file import Document, SettingsFile

COIN = "eip155:1/erc20:0x6b175474e89094c44da98b954eedeac495271d0f"


def document(*lines: str) -> str:
    """A good file with these lines in [prices]."""
    return str(Document(rest="\n".join(("[prices]", *lines, ""))))


def test_what_is_not_said_holds_as_shipped(file: SettingsFile) -> None:
    """Without the table a price is carried for 72 hours, and a coin of the table is spelled in lower case."""
    assert file.load(str(Document())).policy == PricePolicy(72, (), 1.0)
    said = file.load(document("carry_hours = 24", f'stablecoins = ["{COIN.replace("6b17", "6B17")}"]')).policy
    assert said == PricePolicy(24, (COIN,))


def test_the_best_known_stablecoins_are_known() -> None:
    """Dai, USDC and Tether on Ethereum are stablecoins of every portfolio, ether and wrapped ether are not."""
    usdc, tether = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "0xdac17f958d2ee523a2206206994597c13d831ec7"
    assert {COIN, f"eip155:1/erc20:{usdc}", f"eip155:1/erc20:{tether}"} <= listed_stablecoins()
    ether, wrapped = "eip155:1/slip44:60", "eip155:1/erc20:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
    assert not {ether, wrapped} & listed_stablecoins()


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("carry_hours = -1", "prices.carry_hours"),
        ('carry_hours = "72"', "prices.carry_hours"),
        ("carry_hours = 9000", "prices.carry_hours"),
        ('stablecoins = ["DAI"]', "prices.stablecoins[0]"),
        ("carry_days = 3", "prices.carry_days"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(file: SettingsFile, line: str, place: str) -> None:
    """A bound that is none, a coin that is no CAIP-19 type and an unknown key are named with their place."""
    assert place in str(file.refusal(document(line)))
