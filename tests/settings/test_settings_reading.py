"""Promises of settings once they are read: frozen, named by a fingerprint of what they mean, and where things are."""

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError

from dagster_project.errors import SettingsError
from dagster_project.settings.load import Settings, load
from dagster_project.settings.paths import CONFIG_VARIABLE, DATA_VARIABLE, config_path, locate, paths_for
from tests.settings.settings_file import NOW, OTHER_WALLET, WALLET, Document, SettingsFile

TEXT = f"""\
mode = "simulated"

[snapshots]
cron = "0 0 * * *"
start = "2026-05-01"
grace_minutes = 90
chains = ["eip155:1", "eip155:10"]

[[accounts]]
address = "{WALLET}"
label = "treasury"
groups = ["fund"]
from = "2026-05-02"
until = "2026-06-01"

[[accounts]]
address = "{OTHER_WALLET}"
chains = ["eip155:1"]

[providers.credmark]
enabled = true
base_url = "http://127.0.0.1:8787/credmark"
requests_per_second = 0.5
concurrency = 4

[record]
order = ["credmark"]

[simulated]
missed = ["2026-05-03", "2026-05-04"]
"""

SAME = f"""\
# another order of keys and tables, other quotes, comments, and room between the lines
mode   =   'simulated'   # made up
record.order = [
    "credmark",   # alone
]
simulated = {{ missed = ["2026-05-03", "2026-05-04"] }}

[providers]
[providers.credmark]
concurrency = 4
requests_per_second = 5e-1
base_url = '''http://127.0.0.1:8787/credmark'''
enabled = true

[[accounts]]
until = "2026-06-01"
"from" = "2026-05-02"
groups = ["fund"]
label = "treas\\u0075ry"
address = "{WALLET}"

[[accounts]]
chains = ["eip155:1"]
address = "{OTHER_WALLET}"

[snapshots]
chains = ["eip155:1", "eip155:10",]
grace_minutes = 0x5A
start = "2026-05-01"
cron = "0 0 * * *"
"""


def test_the_fingerprint_is_of_the_meaning(file: SettingsFile) -> None:
    """Comments, the order of keys and tables, quotes, and room do not change the fingerprint."""
    first, second = file.load(TEXT), file.load(SAME)
    assert (first.accounts, first.snapshots, first.missed) == (second.accounts, second.snapshots, second.missed)
    assert first.sha256 == second.sha256
    assert len(first.sha256) == 64


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('mode = "simulated"', 'mode = "real"'),
        ("0 0 * * *", "0 */12 * * *"),
        ('start = "2026-05-01"', 'start = "2026-04-30"'),
        ("grace_minutes = 90", "grace_minutes = 89"),
        ("grace_minutes = 90", ""),
        ('chains = ["eip155:1", "eip155:10"]', 'chains = ["eip155:10", "eip155:1"]'),
        ('chains = ["eip155:1", "eip155:10"]', 'chains = ["eip155:1"]'),
        (WALLET, "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"),
        ('label = "treasury"', 'label = "treasure"'),
        ('groups = ["fund"]', 'groups = ["funds"]'),
        ('groups = ["fund"]', ""),
        ('from = "2026-05-02"', 'from = "2026-05-03"'),
        ('until = "2026-06-01"', 'until = "2026-06-02"'),
        ("enabled = true", ""),
        ("127.0.0.1", "localhost"),
        ("requests_per_second = 0.5", "requests_per_second = 0.25"),
        ("concurrency = 4", "concurrency = 5"),
        ('order = ["credmark"]', "order = []"),
        ('missed = ["2026-05-03", "2026-05-04"]', 'missed = ["2026-05-03"]'),
    ],
)
def test_any_other_meaning_is_another_fingerprint(file: SettingsFile, was: str, now: str) -> None:
    """A value changed or left out anywhere in the file changes the fingerprint."""
    assert TEXT.count(was) >= 1
    changed = TEXT.replace(was, now)
    if '"real"' in changed:
        changed = changed.partition("[simulated]")[0]
    assert file.load(changed).sha256 != file.load(TEXT).sha256


def test_settings_are_frozen(file: SettingsFile) -> None:
    """Nothing of the settings can be changed once they are read."""
    settings = file.load(TEXT)

    frozen: list[tuple[object, list[str]]] = [
        (settings, list(type(settings).__dataclass_fields__)),
        (settings.paths, list(type(settings.paths).__dataclass_fields__)),
        (settings.accounts[0], list(type(settings.accounts[0]).__dataclass_fields__)),
        (settings.snapshots, list(type(settings.snapshots).model_fields)),
        (settings.providers["credmark"], list(type(settings.providers["credmark"]).model_fields)),
    ]
    for thing, names in frozen:
        assert names
        for name in names:
            with pytest.raises((FrozenInstanceError, ValidationError)):
                setattr(thing, name, None)
    assert settings == file.load(TEXT)


def test_the_providers_of_settings_are_frozen_too(file: SettingsFile) -> None:
    """No provider can be added to or taken from settings that were read."""
    providers = cast("dict[str, object]", file.load(TEXT).providers)
    with pytest.raises((TypeError, AttributeError)):
        providers["other"] = providers["credmark"]
    with pytest.raises((TypeError, AttributeError)):
        providers.clear()


def test_the_same_file_gives_equal_settings(file: SettingsFile) -> None:
    """Reading a file twice gives equal settings, whatever the clock says."""
    assert file.load(TEXT) == file.load(TEXT, NOW.replace(year=2027))


def test_the_file_is_the_one_that_the_variable_names(
    file: SettingsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PORTFOLIO_CONFIG names the settings file; without it, or blank, it is portfolio.toml in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert config_path() == tmp_path / "portfolio.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, "")
    assert config_path() == tmp_path / "portfolio.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, "elsewhere/mine.toml")
    assert config_path() == tmp_path / "elsewhere" / "mine.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, str(file.path))
    file.path.write_text(TEXT, encoding="utf-8")
    assert load(NOW).config == file.path


@pytest.mark.parametrize("mode", ["simulated", "real"])
def test_each_mode_has_a_folder_of_its_own(
    file: SettingsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Everything of a mode lies under its own folder, in data/ beside the settings or where PORTFOLIO_DATA says."""
    root = tmp_path / "data" / mode
    text = str(Document(mode=f'mode = "{mode}"'))
    settings = file.load(text)
    assert settings.mode == mode
    assert settings.is_simulated is (mode == "simulated")
    paths = settings.paths
    assert paths.root == root
    assert (paths.raw, paths.store, paths.published, paths.report) == (
        *(root / "raw", root / "store.duckdb", root / "portfolio.duckdb", root / "report.html"),
    )
    assert paths.dagster_home.is_relative_to(root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(DATA_VARIABLE, "kept/here")
    assert file.load(text).paths.root == tmp_path / "kept" / "here" / mode
    assert not root.exists()


def test_a_reader_finds_the_mode_without_judging_the_rest(file: SettingsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb that only reads needs no more than the mode, so faults elsewhere do not keep anybody from reading."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(file.path))
    file.path.write_text('mode = "real"\nwallets = 2\n', encoding="utf-8")
    assert locate() == ("real", paths_for("real", file.path))


@pytest.mark.parametrize("text", ['# a comment\n\nmode = "reel"\n', "[snapshots]\n", "\n\nmode = []\n"])
def test_a_reader_is_told_of_a_wrong_mode_as_a_writer_is(
    file: SettingsFile, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A mode that is none is the same fault, on the same line, for verbs that read and verbs that write."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(file.path))
    (said,) = (fault for fault in file.faults(text) if ", mode: " in fault)
    with pytest.raises(SettingsError) as caught:
        locate()
    assert caught.value.faults == (said,)


def test_settings_say_so_when_they_are_simulated(file: SettingsFile) -> None:
    """A settings value knows its file, its mode and its fingerprint, so that whatever uses it can say them."""
    settings: Settings = file.load(TEXT)
    assert settings.config == file.path
    assert settings.is_simulated
    assert list(settings.providers) == ["credmark"]
    assert [f"{instant:%d}" for instant in settings.missed] == ["03", "04"]
