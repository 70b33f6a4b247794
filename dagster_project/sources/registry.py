"""The table of contents: one line a provider, with how it is asked and how its bodies are read.

Nothing else in the project names a provider.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dagster_project.holdings import Normalise
from dagster_project.normalise import credmark as read_credmark
from dagster_project.normalise import ecb as read_ecb
from dagster_project.normalise import onchain as read_onchain
from dagster_project.normalise import onebalance as read_onebalance
from dagster_project.normalise import oneinch_balance as read_oneinch_balance
from dagster_project.normalise import oneinch_portfolio as read_oneinch_portfolio
from dagster_project.sources import credmark, ecb, onchain, onebalance, oneinch_balance, oneinch_portfolio
from dagster_project.sources.onchain_lists import well_known
from dagster_project.sources.source import Source


@dataclass(frozen=True, slots=True)
class Provider:
    """A source and its normaliser with the version that is stored beside what it read."""

    source: Source
    normalise: Normalise
    normaliser_version: int


PROVIDERS: dict[str, Provider] = {
    provider.source.name: provider
    for provider in [
        Provider(credmark.SOURCE, read_credmark.normalise, read_credmark.VERSION),
        Provider(oneinch_portfolio.SOURCE, read_oneinch_portfolio.normalise, read_oneinch_portfolio.VERSION),
        Provider(oneinch_balance.SOURCE, read_oneinch_balance.normalise, read_oneinch_balance.VERSION),
        Provider(onebalance.SOURCE, read_onebalance.normalise, read_onebalance.VERSION),
        Provider(onchain.SOURCE, read_onchain.normalise, read_onchain.VERSION),
        Provider(ecb.SOURCE, read_ecb.normalise, read_ecb.VERSION),
    ]
}


def listed_assets(sections: Iterable[Any]) -> set[str]:
    """Give the tokens (CAIP-19) of the list that ships, and those that the providers' sections of the settings name."""
    return {asset_id for section in sections for asset_id in section.listed_assets()} | well_known()
