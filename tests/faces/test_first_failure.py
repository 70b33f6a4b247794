"""Promises of a first snapshot that fails: cause and remedy by host, and everything that reads works all the same."""

import re
import subprocess

import pytest

from dagster_project.model import Reason
from dagster_project.remedies import REMEDIES
from tests.portfolio import Portfolio
from tests.serve.running_server import served
from tests.simulator.running_simulator import address
from tests.sources.scripted_server import reply, serving
from tests.sources.self_signed import self_signed

DEAD = "http://127.0.0.1:9"
AT = ("--at", "2026-05-01")


def fails(portfolio: Portfolio, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must end with 1."""
    done = portfolio.command(*arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    return done


def real(portfolio: Portfolio, url: str, more: str = "") -> None:
    """Write the settings in real mode with one provider at this address."""
    portfolio.write()
    text = portfolio.config.read_text(encoding="utf-8").replace('"simulated"', '"real"')
    text = re.sub(r'start = "[^"]*"', 'start = "2026-11-28"', text)
    portfolio.config.write_text(re.sub(r'base_url = "[^"]*"', f'base_url = "{url}"\n{more}', text), encoding="utf-8")


def test_every_reason_has_one_remedy(three_days: Portfolio) -> None:
    """SQL and Python name the same remedy for each reason, and none is left out."""
    listed = ", ".join(f"('{reason}')" for reason in Reason)
    rows = three_days.query(f"select reason, remedy_for(reason) from (values {listed}) as named(reason)").rows
    assert {str(reason): words for reason, words in rows} == {str(reason): words for reason, words in REMEDIES.items()}
    assert set(REMEDIES) == set(Reason)
    assert three_days.query("select remedy_for(null), remedy_for('nonsense')").rows == [(None, None)]


@pytest.mark.every
def test_a_dead_host_is_named_with_its_remedy(portfolio: Portfolio) -> None:
    """Where the only provider's host is dead, snapshot, status, failures() and the page name host, cause and remedy."""
    portfolio.write()
    dead = portfolio.config.read_text(encoding="utf-8").replace(f"{portfolio.simulator.url}/credmark", DEAD)
    portfolio.config.write_text(dead, encoding="utf-8")
    done = fails(portfolio, "snapshot", *AT)
    assert "credmark 0/5  FAILED, nothing was answered: credmark unreachable x5" in done.stdout
    line = f"credmark (127.0.0.1:9): 5 of 5 pulls failed: unreachable; {REMEDIES[Reason.UNREACHABLE]}"
    assert line in done.stdout
    assert "no connection; nothing listens at this port" in done.stdout
    status = portfolio.command("status", check=True).stdout
    assert f"credmark value: 5 of 5 pulls failed: unreachable; {REMEDIES[Reason.UNREACHABLE]}" in status
    (row,) = portfolio.answer("failures")
    assert (row["pulls"], row["planned"], row["cells"], row["reason"]) == (5, 5, 5, "unreachable")
    portfolio.command("page", check=True)
    page = portfolio.published.with_name("report.html").read_text(encoding="utf-8")
    assert "unreachable" in page
    portfolio.command("check", check=True)


@pytest.mark.slow
def test_a_backfill_that_fails_says_each_cause_once(portfolio: Portfolio) -> None:
    """A backfill and one of gaps group causes over all instants: one line a host and reason, with the count."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.write()
    portfolio.simulator.order("unauthorised")
    done = fails(portfolio, "backfill", "--until", "2026-05-04")
    assert done.stdout.count("pulls failed") == 1
    host = portfolio.simulator.url.removeprefix("http://")
    assert f"credmark ({host}): 8 of 8 pulls failed: unauthorised; set a key that the provider accepts" in done.stdout
    assert "(CREDMARK_API_KEY)" in done.stdout
    assert "HTTP 401" in done.stdout


@pytest.mark.every
def test_what_failed_is_named_where_the_rest_was_answered(portfolio: Portfolio) -> None:
    """One wallet of two and one provider of two that fail make the snapshot partial, each with its cause."""
    portfolio.accounts, portfolio.providers = ("treasury", "cold"), ("credmark", "oneinch_portfolio")
    portfolio.write()
    portfolio.simulator.order("forbidden", account=address("cold"))
    done = portfolio.command("snapshot", *AT)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "PARTIAL: credmark forbidden x1" in done.stdout
    assert "1 of 2 pulls failed: forbidden; the key may not ask this" in done.stdout
    portfolio.simulator.order("unavailable", dialect="oneinch")
    other = portfolio.command("snapshot", "--at", "2026-05-02")
    assert other.returncode == 3
    assert f"oneinch_portfolio ({portfolio.simulator.url.removeprefix('http://')}): 6 of 6 pulls failed" in other.stdout
    assert "server_error; the provider itself failed" in other.stdout


@pytest.mark.slow
def test_a_chain_whose_nodes_are_dead_names_each_node(portfolio: Portfolio) -> None:
    """Of two chains the one whose nodes cannot be asked is named with every node, the other is recorded."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onchain",)
    portfolio.snapshots += '\nchains = ["eip155:1", "eip155:10"]'
    portfolio.provider_keys = 'endpoints = {"eip155:10" = ["http://127.0.0.1:9", "http://127.0.0.2:7"]}\n'
    portfolio.write()
    done = portfolio.command("snapshot", *AT)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "onchain eip155:10 (127.0.0.1:9, 127.0.0.2:7): 1 of 1 pulls failed: unreachable" in done.stdout
    assert "127.0.0.1:9: unreachable, no answer; 127.0.0.2:7: unreachable, no answer" in done.stdout
    assert "eip155:1 (" not in done.stdout


def test_a_price_source_that_is_dead_is_named_and_not_the_node(portfolio: Portfolio) -> None:
    """Where balances came and prices did not, the price source's host is the one that failed."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onchain",)
    node = f"{portfolio.simulator.url}/onchain/rpc/1"
    portfolio.provider_keys = f'endpoints = {{"eip155:1" = ["{node}"]}}\n'
    portfolio.write()
    text = portfolio.config.read_text(encoding="utf-8")
    dead = text.replace(f'base_url = "{portfolio.simulator.url}/onchain"', f'base_url = "{DEAD}"')
    portfolio.config.write_text(dead, encoding="utf-8")
    done = fails(portfolio, "snapshot", *AT)
    assert "onchain eip155:1 (127.0.0.1:9): 1 of 1 pulls failed: unreachable" in done.stdout


@pytest.mark.every
def test_a_key_that_is_missing_or_wrong_names_its_variable(
    portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In real mode a missing key and a wrong one each name the variable to set, and the key is nowhere."""
    portfolio.accounts = ("treasury",)
    real(portfolio, f"{portfolio.simulator.url}/credmark")
    missing = fails(portfolio, "snapshot", "--at", "2026-11-28")
    assert "failed: missing_key; set the key in the environment of the run (CREDMARK_API_KEY)" in missing.stdout
    monkeypatch.setenv("CREDMARK_API_KEY", "wrong-and-secret")
    wrong = fails(portfolio, "snapshot", "--at", "2026-11-28")
    assert (
        "unauthorised; set a key that the provider accepts in the environment of the run (CREDMARK_API_KEY)"
        in wrong.stdout
    )
    assert "wrong-and-secret" not in wrong.stdout + wrong.stderr + portfolio.command("status").stdout


@pytest.mark.parametrize("key", ["x", "1234567"])
def test_a_key_that_is_too_short_is_refused_before_anything_is_asked(
    portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """A run and doctor name the variable of a key that is too short, nothing is asked, and readers do not mind."""
    portfolio.accounts = ("treasury",)
    real(portfolio, f"{portfolio.simulator.url}/credmark")
    monkeypatch.setenv("CREDMARK_API_KEY", key)
    portfolio.forget_requests()
    done = portfolio.command("snapshot", "--at", "2026-11-28")
    assert (done.returncode, done.stdout) == (2, "")
    assert "CREDMARK_API_KEY holds fewer than 8 characters, so it is no key; set the whole key" in done.stderr
    looked = portfolio.command("doctor")
    assert "FAIL  key of credmark: CREDMARK_API_KEY holds fewer than 8 characters" in looked.stdout
    assert portfolio.requests() == []


def test_a_certificate_that_is_not_trusted_is_named(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose TLS certificate is not trusted is said to be that, not to be down; an unknown name likewise."""
    portfolio.accounts = ("treasury",)
    monkeypatch.setenv("CREDMARK_API_KEY", "a-whole-key")
    with self_signed("127.0.0.1") as tls, serving(reply(200, b"{}"), tls=tls) as server:
        real(portfolio, server.url)
        done = fails(portfolio, "doctor")
        assert "its TLS certificate is not trusted here" in done.stdout
    real(portfolio, "https://nowhere.invalid")
    done = fails(portfolio, "doctor")
    assert "no such host name is known here" in done.stdout


@pytest.mark.every
def test_a_history_that_begins_with_failures_is_served(portfolio: Portfolio) -> None:
    """After nothing was answered, the HTTP interface gives the failures, the page and an honest chart."""
    portfolio.accounts = ("treasury",)
    portfolio.write()
    portfolio.simulator.order("not_found")
    fails(portfolio, "snapshot", *AT)
    portfolio.command("page", check=True)
    with served(portfolio) as server:
        failures = server.get("/answers/failures")
        assert (failures.status_code, failures.json()[0]["reason"]) == (200, "not_found")
        assert server.get("/").status_code == 200
        chart = server.get("/answers/value_chart").json()
        assert [point["value_usd"] for point in chart] in ([], [None])
    portfolio.simulator.clear_faults()
    portfolio.command("snapshot", *AT, check=True)
    assert portfolio.answer("failures") == []
    assert "failed" not in portfolio.command("status", check=True).stdout
