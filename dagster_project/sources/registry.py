"""The table of contents: one line a provider, with how it is asked and how its bodies are read.

Nothing else in the project names a provider.
"""

from dataclasses import dataclass

from dagster_project.model import Normalise
from dagster_project.normalise import credmark as read_credmark
from dagster_project.sources import credmark
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
    ]
}
