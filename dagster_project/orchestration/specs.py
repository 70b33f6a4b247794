"""The assets as Dagster's UI lists them: what each is, its group, owner and kinds, its columns, and where its code is.

What is told of them after a run is metadata.py.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg

from dagster_project.columns import Table
from dagster_project.orchestration.checks import STORE
from dagster_project.settings.load import Settings
from dagster_project.sources.registry import PROVIDERS
from dagster_project.tables import BALANCE, PULL
from dagster_project.warehouse import sqlfiles

REPORT = dg.AssetKey("report")
OWNERS = ["team:portfolio"]

_PACKAGE = Path(__file__).parents[1]


def specs(settings: Settings) -> Iterator[dg.AssetSpec]:
    """Give an asset a provider, the store and the report."""
    tags = {"simulated": str(settings.is_simulated).lower()}
    for name in settings.providers:
        yield _provider(name, tags)
    yield dg.AssetSpec(
        STORE,
        deps=list(settings.providers),
        description=(
            "The history in DuckDB: balances, cells and pulls of every instant, and the published file that anyone may "
            "open at any time. Columns are those of the table `balance`."
        ),
        group_name="store",
        owners=OWNERS,
        skippable=True,
        kinds={"duckdb", "sql"},
        tags=tags,
        metadata={
            "dagster/column_schema": columns_of(BALANCE),
            "dagster/table_name": BALANCE.name,
            **_code(
                _PACKAGE / "warehouse" / "store.py",
                *(sqlfiles.root() / part for part in ("schema", "answers", "checks")),
            ),
        },
    )
    yield dg.AssetSpec(
        REPORT,
        deps=[STORE],
        description="The page: value, changes, holdings, coverage and agreement, in one file that loads nothing.",
        group_name="report",
        owners=OWNERS,
        skippable=True,
        kinds={"html", "altair"},
        tags=tags,
        metadata=_code(_PACKAGE / "faces" / "page.py", _PACKAGE / "faces" / "report"),
    )


def columns_of(table: Table) -> dg.MetadataValue:
    """Give the columns of a table with types and sentences, for the asset's page."""
    columns = [
        dg.TableColumn(
            field.name,
            str(field.type),
            field.metadata[b"comment"].decode(),
            constraints=dg.TableColumnConstraints(nullable=field.nullable),
        )
        for field in table.schema
    ]
    return dg.MetadataValue.table_schema(dg.TableSchema(columns))


def _provider(name: str, tags: dict[str, str]) -> dg.AssetSpec:
    provider = PROVIDERS[name]
    about = "for every account " if provider.source.covers_cells else ""
    return dg.AssetSpec(
        name,
        description=(
            f"What {provider.source.title} answered {about}at an instant, kept byte for byte under raw/. "
            "Columns are those of the table `pull`, which has a row for every question, however it ended."
        ),
        group_name="pull",
        owners=OWNERS,
        skippable=True,
        kinds={"http", "json"},
        tags=tags,
        metadata={
            "dagster/column_schema": columns_of(PULL),
            "dagster/table_name": PULL.name,
            **_code(_PACKAGE / "sources" / f"{name}.py", _PACKAGE / "normalise" / f"{name}.py"),
        },
    )


def _code(*places: Path) -> dict[str, dg.CodeReferencesMetadataValue]:
    """Say where an asset's code is, files and folders, by its place in the tree."""
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=_references(places))}


def _references(places: Sequence[Path]) -> list[dg.LocalFileCodeReference | dg.UrlCodeReference]:
    """Name each place from its room on: the UI shortens what is longer."""
    named = [(place, place.as_posix().removeprefix(f"{_PACKAGE.as_posix()}/")) for place in places]
    tree = f"{_PACKAGE.parent.as_posix()}/"
    return [
        dg.LocalFileCodeReference(file_path=str(place), line_number=1, label=name.removeprefix(tree))
        for place, name in named
    ]
