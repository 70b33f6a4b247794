"""What another Dagster project imports: our definitions for a settings file that it names, and where the history is.

Importing this reads no settings and no environment; docs/extend.md says what a host has to configure.
"""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from dagster_project.orchestration.build import build
from dagster_project.settings.load import Settings, load


def portfolio_definitions(
    config: str | Path | None = None, *, with_executor: bool = True, with_automation: bool = True
) -> dg.Definitions:
    """Give assets, checks, the job `snapshot`, its schedule and sensors for the settings file at `config`.

    Without `config` it is the file that PORTFOLIO_CONFIG names, else portfolio.toml in the current folder. A project
    with an executor of its own leaves ours out by `with_executor`; then it is used by our jobs alone. Without
    `with_automation` there is neither a schedule nor a sensor, which would start by themselves.

    Raises:
        SettingsError: there is no such file, or it has faults; all of them are named, with the remedy.
    """
    whole = build(_settings(config), is_guest=True)
    return dg.Definitions(
        assets=whole.assets,
        jobs=whole.jobs,
        schedules=whole.schedules if with_automation else None,
        sensors=whole.sensors if with_automation else None,
        executor=whole.executor if with_executor else None,
    )


def published_file(config: str | Path | None = None) -> Path:
    """Give the path of the file to read: open it read-only, and again for newer data.

    Raises:
        SettingsError: as portfolio_definitions.
    """
    return _settings(config).paths.published


def _settings(config: str | Path | None) -> Settings:
    return load(datetime.now(UTC), None if config is None else Path(config).absolute())
