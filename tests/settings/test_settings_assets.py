"""Promises of the rules for assets in a settings file: what they mean, and which are refused with the remedy."""

from datetime import UTC, datetime

import pytest

from dagster_project.chains import CHAINS
from dagster_project.model import Rule
from tests.settings.settings_file import SOLANA, Document, SettingsFile

DAI = "eip155:1/erc20:0x6b175474e89094c44da98b954eedeac495271d0f"
DAI_SPELLED = "eip155:1/erc20:0x6B175474E89094C44Da98b954EedeAC495271d0F"
OTHER = "eip155:8453/erc20:0x50c5725949a6f0c72e6c4a641f24049a917db0cb"


def document(*tables: str) -> str:
    """A good file with these [[assets]] tables."""
    return str(Document(rest="".join(f"[[assets]]\n{table}\n" for table in tables)))


def fault(file: SettingsFile, *tables: str) -> str:
    """Give the place and the words of the one fault."""
    (one,) = file.faults(document(*tables))
    return one.partition(", ")[2]


def test_rules_are_read_as_written(file: SettingsFile) -> None:
    """Each table is a rule, its assets in one spelling, its instants in UTC; without tables there is none."""
    assert file.load(str(Document())).assets == ()
    settings = file.load(
        document(
            f'id = "{DAI_SPELLED}"\ntreat = "keep"\nprice_usd = 1\nuntil = 2026-06-01',
            f'id = "{DAI}"\nprice_usd = 1.02\nfrom = "2026-06-01T02:00:00+02:00"\ngroup = "dollars"',
            f'id = "{OTHER}"\nsame_as = "{DAI_SPELLED}"\nreceipt_of = "eip155:8453/slip44:60"',
            f'id = "{SOLANA}/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"\ntreat = "ignore"',
        )
    )
    june = datetime(2026, 6, 1, tzinfo=UTC)
    assert settings.assets == (
        Rule(DAI, treatment="keep", price_usd=1.0, until=june),
        Rule(DAI, group_id="dollars", price_usd=1.02, since=june),
        Rule(OTHER, same_as=DAI, receipt_of="eip155:8453/slip44:60"),
        Rule(f"{SOLANA}/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", treatment="ignore"),
    )


@pytest.mark.parametrize("chain", CHAINS.values(), ids=lambda chain: chain.name)
def test_the_native_coin_of_every_chain_can_have_a_rule(file: SettingsFile, chain: object) -> None:
    """Natives are named as the chain table does."""
    native = str(getattr(chain, "native_asset_id"))  # noqa: B009 - a parameter's type is object
    assert file.load(document(f'id = "{native}"\ntreat = "keep"')).assets[0].asset_id == native


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("0x6b175474e89094c44da98b954eedeac495271d0f", "names no known chain; write a CAIP-19 type"),
        ("eip155:99999/erc20:0x6b175474e89094c44da98b954eedeac495271d0f", "names no known chain"),
        ("eip155:137/slip44:61", "is not the native coin of Polygon, which is eip155:137/slip44:966"),
        ("eip155:1/erc20:0x6b17", "is no token of Ethereum as CAIP-19 writes it"),
        ("eip155:1/erc721:0x6b175474e89094c44da98b954eedeac495271d0f", "is no token of Ethereum"),
        ("eip155:1", "is no token of Ethereum"),
        (f"{SOLANA}/token:<script>", "is no token of Solana"),
        (f"{SOLANA}/erc20:0x6b175474e89094c44da98b954eedeac495271d0f", "is no token of Solana"),
    ],
)
def test_what_is_no_asset_is_refused(file: SettingsFile, written: str, words: str) -> None:
    """An id that names no asset is refused, with the grammar and an example."""
    assert fault(file, f'id = "{written}"\ntreat = "ignore"').startswith(f"assets[0].id: {words}")


@pytest.mark.parametrize(
    ("tables", "place", "words"),
    [
        ([f'id = "{DAI}"'], "assets[0]", "says nothing of the asset"),
        ([f'id = "{DAI}"\nfrom = 2026-01-01\ntreat = "keep"'], "assets[0]", "has `from` or `until` without price_usd"),
        (
            [f'id = "{DAI}"\nprice_usd = 1\nfrom = 2026-02-01\nuntil = 2026-02-01'],
            "assets[0].until",
            "lies at or before",
        ),
        ([f'id = "{DAI}"\ngroup = "g"\nsame_as = "{OTHER}"'], "assets[0].same_as", "stands beside group"),
        ([f'id = "{DAI}"\nsame_as = "{DAI_SPELLED}"'], "assets[0].same_as", "is the asset itself"),
        ([f'id = "{DAI}"\nreceipt_of = "{DAI}"'], "assets[0].receipt_of", "is the asset itself"),
        (
            [f'id = "{DAI}"\ntreat = "keep"', f'id = "{DAI}"\ntreat = "keep"'],
            "assets[1].treat",
            "stands in assets[0] too",
        ),
        ([f'id = "{DAI}"\ngroup = "a"', f'id = "{DAI}"\ngroup = "b"'], "assets[1].group", "stands in assets[0] too"),
        (
            [f'id = "{DAI}"\nprice_usd = 1\nuntil = 2026-02-02', f'id = "{DAI}"\nprice_usd = 2\nfrom = 2026-02-01'],
            "assets[1].price_usd",
            "overlaps the time of assets[0]",
        ),
        ([f'id = "{DAI}"\nprice_usd = -1'], "assets[0].price_usd", "input should be greater than or equal to 0"),
        ([f'id = "{DAI}"\nprice_usd = nan'], "assets[0].price_usd", "input should be"),
        ([f'id = "{DAI}"\nprice_usd = "1"'], "assets[0].price_usd", "write a number, without quotes"),
        ([f'id = "{DAI}"\ntreat = "hide"'], "assets[0].treat", "input should be 'ignore' or 'keep'"),
        ([f'id = "{DAI}"\ntreet = "keep"\nprice_usd = 1'], "assets[0].treet", "unknown key; did you mean 'treat'?"),
        (['treat = "keep"'], "assets[0].id", "is missing"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(file: SettingsFile, tables: list[str], place: str, words: str) -> None:
    """What says nothing, contradicts itself or an earlier table is refused at its place with the remedy."""
    assert fault(file, *tables).startswith(f"{place}: {words}")


def test_a_table_in_place_of_tables_is_refused(file: SettingsFile) -> None:
    """One [assets] table is refused with the way to write several."""
    (one,) = file.faults(str(Document(rest=f'[assets]\nid = "{DAI}"')))
    assert "assets: write [[assets]] tables" in one
