"""Promises of files of environment variables: read when they are named, never otherwise, and no value is shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.errors import SettingsError
from dagster_project.settings.env_file import MOST_BYTES, load_env_file, read_env_file
from tests.settings.settings_file import WALLET

KEY = "sk-live-4f9a7c21-of-a-file"
COMMAND = (sys.executable, "-m", "dagster_project.faces.cli.main")


def written(folder: Path, text: str | bytes) -> Path:
    """Write a file of variables."""
    path = folder / ".env"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_lines_are_read_as_a_shell_reads_them(tmp_path: Path) -> None:
    """Export, quotes, comments, empty lines, an editor's mark and ends of lines of any system are understood."""
    text = (
        "\ufeff# keys\r\n\r\nONE=1\r\nexport TWO = two words\nTHREE='a # b'\nFOUR=\"c = d\"  # said\nFIVE=e#f # said\n"
        "SIX=\nSEVEN=# nothing\nEIGHT=''\n  NINE=$HOME\n"
    )
    assert read_env_file(written(tmp_path, text)) == {
        "ONE": "1", "TWO": "two words", "THREE": "a # b", "FOUR": "c = d", "FIVE": "e#f", "SIX": "", "SEVEN": "",
        "EIGHT": "", "NINE": "$HOME",
    }  # fmt: skip


@pytest.mark.parametrize(
    "line", [KEY, f"='{KEY}'", f"A B={KEY}", f"A='{KEY}", f'A="{KEY}" more', f"1A={KEY}", f"A='{KEY}''", f"A={KEY}\0"]
)
def test_a_line_that_sets_nothing_is_named_and_not_shown(tmp_path: Path, line: str) -> None:
    """Each line that sets no variable is named by its number, and what stands in it is not repeated."""
    path = written(tmp_path, f"GOOD=1\n{line}\n")
    with pytest.raises(SettingsError) as caught:
        load_env_file(path)
    assert str(caught.value).startswith(f"{path} has 1 fault:\n  line 2")
    assert KEY not in str(caught.value)
    assert "GOOD" not in os.environ


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "it cannot be read (No such file or directory); name a file that is there"),
        (b"A=\xff", "it is not UTF-8 from byte 2 on"),
        (b"A=" + b"a" * MOST_BYTES, "it is larger than 64 KiB"),
    ],
    ids=["missing", "no text", "too large"],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is missing, no text or too large is a fault with its path and the remedy."""
    path = tmp_path / ".env" if content is None else written(tmp_path, content)
    with pytest.raises(SettingsError) as caught:
        read_env_file(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    """A folder, or a pipe that would never end, is a fault at once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(SettingsError, match="it is no file"):
            read_env_file(path)


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set stays as it is, and the others are added."""
    monkeypatch.setattr(os, "environ", {"MINE": "1"})
    load_env_file(written(tmp_path, "MINE=2\nNEW=3\n"))
    assert os.environ == {"MINE": "1", "NEW": "3"}


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process in a folder, without any variable of ours in its environment."""
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.every
def test_a_file_is_read_only_when_it_is_named(tmp_path: Path) -> None:
    """A file .env in the folder is not read; named by --env-file its key is there, and nobody prints it."""
    written(tmp_path, f"ONEINCH_API_KEY={KEY}\nPORTFOLIO_CONFIG={tmp_path / 'mine.toml'}\n")
    unasked = command(tmp_path, "init", WALLET)
    assert unasked.stdout.startswith(f"wrote {tmp_path / 'portfolio.toml'}\n")
    assert "[providers.onchain]\nenabled = true" in (tmp_path / "portfolio.toml").read_text(encoding="utf-8")
    asked = command(tmp_path, "--env-file", ".env", "init", WALLET)
    assert asked.stdout.startswith(f"wrote {tmp_path / 'mine.toml'}\n")
    assert "[providers.onchain]\nenabled = false" in (tmp_path / "mine.toml").read_text(encoding="utf-8")
    assert KEY not in asked.stdout + asked.stderr + (tmp_path / "mine.toml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_faulty_file_ends_the_command(tmp_path: Path) -> None:
    """The command ends with 2 and one message, and has done nothing."""
    written(tmp_path, KEY)
    done = command(tmp_path, "--env-file", ".env", "init", WALLET)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("portfolio: .env has 1 fault:\n  line 1: write NAME=value")
    assert KEY not in done.stderr
    assert not (tmp_path / "portfolio.toml").exists()
