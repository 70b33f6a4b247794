"""Promises about keys: none is ever in the file, and none that was put there by mistake is shown."""

from pathlib import Path

import pytest

from dagster_project.settings.keys import SIMULATED_KEY, read_key
from dagster_project.settings.load import load
from dagster_project.settings.schema import PROVIDER_SECTIONS
from tests.settings.settings_file import NOW, Document, SettingsFile

SECRET = "sk-live-4f9a7c21"  # noqa: S105 - made up, to be looked for


@pytest.mark.parametrize("name", ["api_key", "key", "apikey", "secret", "password", "api-key", "token"])
def test_a_key_pasted_into_the_file_is_refused_and_not_shown(file: SettingsFile, name: str) -> None:
    """A key written under a name that one would guess is an unknown key, and its value is not repeated."""
    for document in (
        Document(provider=f'{name} = "{SECRET}"'),
        Document(mode=f'mode = "real"\n{name} = "{SECRET}"'),
        Document(rest=f'[providers.nobody]\n{name} = "{SECRET}"'),
    ):
        refusal = file.refusal(str(document))
        assert "unknown key" in str(refusal)
        assert SECRET not in str(refusal)
        assert SECRET not in repr(refusal)


def test_a_key_is_told_where_keys_belong(file: SettingsFile) -> None:
    """Who writes api_key is told of api_key_env, the name of the variable that holds it."""
    (fault,) = file.faults(str(Document(provider=f'api_key = "{SECRET}"')))
    assert fault.startswith(
        "line 10, providers.credmark.api_key: unknown key; did you mean 'api_key_env'? known here: "
    )


@pytest.mark.parametrize("name", sorted({key for one in PROVIDER_SECTIONS.values() for key in one.model_fields}))
def test_a_key_under_any_name_of_a_provider_is_not_shown(file: SettingsFile, name: str) -> None:
    """Whatever key of a provider's table a secret is pasted under, the message does not repeat it."""
    for value in (f'"{SECRET}"', f'["{SECRET}"]', f'{{ key = "{SECRET}" }}'):
        assert SECRET not in str(file.refusal(str(Document(provider=f"{name} = {value}"))))


@pytest.mark.parametrize(
    "url", ["https://{}@h.example.com", "https://u:{}@h.example.com", "https://h.example.com/?k={}"]
)
def test_a_key_in_an_address_is_not_shown(file: SettingsFile, url: str) -> None:
    """An address that carries a key is refused without being repeated."""
    assert SECRET not in str(file.refusal(str(Document(provider=f'base_url = "{url.format(SECRET)}"'))))


def test_a_key_in_place_of_a_table_is_not_shown(file: SettingsFile) -> None:
    """A secret that stands where a provider's table should is not repeated."""
    text = str(Document()).replace("[providers.credmark]\nenabled = true", f'[providers]\ncredmark = "{SECRET}"')
    assert SECRET not in str(file.refusal(text))


@pytest.mark.parametrize("written", ["0x{}", "{}", "eip155:1:0x{}"])
def test_a_private_key_in_place_of_an_address_is_not_shown(file: SettingsFile, written: str) -> None:
    """Sixty-four digits where forty are due may be a wallet's private key, so they are refused unseen."""
    digits = "5f" * 32
    refusal = file.refusal(str(Document(account=f'address = "{written.format(digits)}"')))
    assert "accounts[0].address" in str(refusal)
    assert digits not in str(refusal)


def test_what_cannot_be_parsed_is_not_shown(file: SettingsFile) -> None:
    """A line that is no TOML may hold a key, so a message gives its place and not its text."""
    for line in (f"api_key = {SECRET}", f'api_key = "{SECRET}', f'"{SECRET}"', f"{SECRET} = \\"):
        assert SECRET not in str(file.refusal(f'mode = "real"\n{line}\n'))


def test_a_key_is_masked_wherever_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was read shows stars when it is printed or formatted, and itself only when it is asked for."""
    monkeypatch.setenv("SOME_KEY", SECRET)
    key = read_key("SOME_KEY", is_simulated=False)
    assert key is not None
    assert SECRET not in f"{key} {key!r} {[key]}"
    assert key.get_secret_value() == SECRET


def test_an_absent_or_blank_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set, or holds only blanks, is no key; blanks around a key are no part of it."""
    assert read_key("SOME_KEY", is_simulated=False) is None
    monkeypatch.setenv("SOME_KEY", " \t ")
    assert read_key("SOME_KEY", is_simulated=False) is None
    monkeypatch.setenv("SOME_KEY", f" {SECRET}\n")
    key = read_key("SOME_KEY", is_simulated=False)
    assert key is not None
    assert key.get_secret_value() == SECRET


def test_simulated_mode_never_reads_a_real_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """In simulated mode the key is the simulator's word, whatever the environment holds."""
    monkeypatch.setenv("SOME_KEY", SECRET)
    assert read_key("SOME_KEY", is_simulated=True) is SIMULATED_KEY
    assert SIMULATED_KEY.get_secret_value() == "simulated"


def test_settings_hold_no_key(file: SettingsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings know the name of a key's variable and never its value."""
    monkeypatch.setenv("CREDMARK_API_KEY", SECRET)
    monkeypatch.setenv("OTHER_KEY", SECRET)
    settings = file.load(str(Document(mode='mode = "real"', provider='api_key_env = "OTHER_KEY"')))
    assert settings.providers["credmark"].api_key_env == "OTHER_KEY"
    assert SECRET not in repr(settings)


def test_the_key_does_not_change_the_fingerprint(file: SettingsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint is the file's alone: with and without keys it is the same."""
    text = str(Document(mode='mode = "real"'))
    before = file.load(text).sha256
    monkeypatch.setenv("CREDMARK_API_KEY", SECRET)
    assert load(NOW, Path(file.path)).sha256 == before
