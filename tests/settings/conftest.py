"""What every test of settings may ask for: a settings file of its own, in an environment that says nothing."""

from pathlib import Path

import pytest

from dagster_project.settings.paths import CONFIG_VARIABLE, DATA_VARIABLE
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import SettingsFile


@pytest.fixture(autouse=True)
def _silent_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither the machine's settings nor its keys nor the use of its keys be seen."""
    for name in (
        CONFIG_VARIABLE,
        DATA_VARIABLE,
        *(one.source.api_key_env for one in PROVIDERS.values() if one.source.api_key_env),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    """Give a settings file that is not written yet."""
    return SettingsFile(tmp_path / "portfolio.toml")
