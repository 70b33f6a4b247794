"""Promises of what a run refuses: another portfolio's store, and a disk that cannot be written; nothing is damaged."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.errors import DiskError, ForeignStoreError
from dagster_project.settings.load import load
from dagster_project.snapshot.history import Job, take_history
from tests.portfolio import Portfolio, day

NOBODY = 65_534


def content(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, locks aside."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_a_store_of_another_portfolio_is_refused(portfolio: Portfolio) -> None:
    """Settings that name no account of the history are told whose it is and what to do, and not a byte is changed."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.take(0)
    before = content(portfolio.folder / "data")
    portfolio.forget_requests()
    portfolio.accounts = ("operations", "trading")
    portfolio.write()
    done = portfolio.command("snapshot", "--at", "2026-05-02")
    assert done.returncode == 1
    assert "holds another portfolio's history (cold, treasury)" in done.stderr
    assert "PORTFOLIO_DATA" in done.stderr
    assert "Traceback" not in done.stderr
    assert portfolio.requests() == []
    assert content(portfolio.folder / "data") == before


@pytest.mark.slow
def test_accounts_may_come_and_go_one_after_the_other(portfolio: Portfolio) -> None:
    """A portfolio whose last wallet is replaced stays the same one as long as it names the wallet that left."""
    portfolio.accounts = ("treasury",)
    portfolio.have(0)
    portfolio.accounts = ("cold",)
    with pytest.raises(ForeignStoreError, match="its `until`"):
        portfolio.take(1)
    portfolio.accounts = ("cold", "treasury")
    portfolio.account_keys = {"treasury": 'until = "2026-05-02"'}
    portfolio.take(1)
    assert [row["cells"] for row in portfolio.answer("value_chart")] == [1, 1]


@pytest.mark.slow
def test_accounts_that_never_answered_make_no_portfolio(portfolio: Portfolio) -> None:
    """Who began with a wallet of which nothing was ever answered may put the right one in its place."""
    portfolio.accounts = ("treasury",)
    portfolio.simulator.order("forbidden")
    portfolio.take(0)
    portfolio.simulator.clear_faults()
    portfolio.accounts = ("cold",)
    (taken,) = portfolio.take(0)
    assert taken.is_complete


@pytest.mark.parametrize("is_live", [False, True])
def test_a_folder_that_cannot_be_written(portfolio: Portfolio, *, is_live: bool) -> None:
    """On a read-only folder the error names the place and the remedy, live or not, and the history is untouched."""
    portfolio.have(0)
    root = portfolio.folder / "data" / "simulated"
    before = content(root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    refused = as_nobody(portfolio, is_live=is_live)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert "the disk refused" in refused
    assert str(root) in refused
    assert content(root) == before
    portfolio.take(0, 1)
    assert portfolio.query("select count(*) from snapshot").rows == [(2,)]


def as_nobody(portfolio: Portfolio, *, is_live: bool) -> str:
    """Take a day as a user whom the folder's mode stops, and give the error."""
    settings = load(datetime.now(UTC), portfolio.config)
    with an_ordinary_user(portfolio.folder), pytest.raises(DiskError) as refused:
        take_history(settings, Job((day(1),), is_live=is_live))
    return str(refused.value)


@contextmanager
def an_ordinary_user(folder: Path) -> Iterator[None]:
    """Be nobody for a while where the user is root, able to get into the folder; anybody else stays who they are."""
    if os.geteuid() != 0:
        yield
        return
    modes = {path: path.stat().st_mode for path in (folder, *folder.parents)}
    for path, mode in modes.items():
        path.chmod(mode | 0o011)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)
