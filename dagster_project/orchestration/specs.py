"""The assets as Dagster's UI lists them: what each is, its group, owner and kinds, its columns, and where its code is.

What is told of them after a run is metadata.py.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import dagster as dg

from dagster_project import cadence
from dagster_project.columns import Table
from dagster_project.orchestration.checks import STORE
from dagster_project.settings.load import Settings
from dagster_project.sources.registry import PROVIDERS
from dagster_project.tables import BALANCE, PULL
from dagster_project.warehouse import sqlfiles

REPORT = dg.AssetKey("report")
OWNERS = ["team:portfolio"]

_USUAL_RUN = timedelta(minutes=15)
"""How long a snapshot may take where the grace is shorter."""

_PACKAGE = Path(__file__).parents[1]


def snapshot_specs(settings: Settings) -> Iterator[dg.AssetSpec]:
    """Give an asset a provider, and the store."""
    tags = _tags(settings)
    for name in settings.providers:
        yield _provider(name, tags)
    yield dg.AssetSpec(
        STORE,
        deps=list(settings.providers),
        description=(
            "The history in DuckDB: balances, cells and pulls of every instant, and the published file that anyone may "
            "open at any time. An instant whose total is known is materialised; one that is stored without a total "
            "fails the check total_is_known instead. Columns are those of the table `balance`."
        ),
        group_name="store",
        owners=OWNERS,
        skippable=True,
        kinds={"duckdb", "sql"},
        tags=tags,
        freshness_policy=freshness(settings),
        metadata={
            "dagster/column_schema": columns_of(BALANCE),
            "dagster/table_name": BALANCE.name,
            **_code(
                _PACKAGE / "warehouse" / "store.py",
                *(sqlfiles.root() / part for part in ("schema", "answers", "checks")),
            ),
        },
    )


def report_spec(settings: Settings) -> dg.AssetSpec:
    """Give the asset of the report, which has no partitions: it always shows the whole history."""
    return dg.AssetSpec(
        REPORT,
        deps=[STORE],
        description=(
            "The page: value, changes, holdings, coverage and agreement, in one file that loads nothing. "
            "Every run that takes a snapshot writes it."
        ),
        group_name="report",
        owners=OWNERS,
        kinds={"html", "altair"},
        tags=_tags(settings),
        freshness_policy=freshness(settings),
        metadata=_code(_PACKAGE / "faces" / "page.py", _PACKAGE / "faces" / "report"),
    )


def freshness(settings: Settings) -> dg.FreshnessPolicy:
    """Give how old the latest may be: the longest time between two ticks, and the grace of the later one."""
    between = cadence.longest_gap(settings.snapshots.cron)
    return dg.FreshnessPolicy.time_window(fail_window=between + max(settings.grace, _USUAL_RUN))


def _tags(settings: Settings) -> dict[str, str]:
    return {"simulated": str(settings.is_simulated).lower()}


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
