"""Promises of alerts: told once, again when it changed, once when it is resolved; and nothing private leaves."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.alerts.alarm import Alarm
from dagster_project.alerts.watch import Watched, watch
from tests.alerts.receiving import SECRET, Webhook, webhook_of_a_test
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address

VARIABLE = "MY_ALERTS_URL"
SOON = timedelta(minutes=10)


@pytest.fixture
def webhook(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    """Give a webhook that the portfolio's alerts go to, beside a file."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.extra = f'[alerts]\nwebhook_url_env = "{VARIABLE}"\nfile = "alerts.jsonl"\n'
    with webhook_of_a_test() as heard:
        monkeypatch.setenv(VARIABLE, heard.url)
        yield heard


def look(portfolio: Portfolio, number: float) -> Watched:
    """Watch the history as it is ten minutes after a day's instant."""
    return watch(portfolio.settings(), day(number) + SOON)


def filed(portfolio: Portfolio) -> list[str]:
    """Give state and key of each line in the file of alerts."""
    path = portfolio.folder / "alerts.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [f"{one['state']} {one['key']}" for one in lines]


@pytest.mark.every
def test_a_thin_snapshot_is_told_once_and_resolved_once(portfolio: Portfolio, webhook: Webhook) -> None:
    """Missing cells are told with their reason, again only when they change, and once more when all are back."""
    portfolio.have(0)
    assert look(portfolio, 0).alarms == ()
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(1)
    for _ in range(3):
        assert [one.kind for one in look(portfolio, 1).alarms] == ["coverage"]
    (line,) = webhook.lines
    assert "1 of 2 cells have a record at 2026-05-02T00:00 UTC, 50.0%, less than 95%" in line
    assert line.endswith("missing: cold / eip155:1 / wallet: failed:forbidden")
    portfolio.take(2)
    look(portfolio, 2)
    assert len(webhook.posts) == 1
    portfolio.simulator.clear_faults()
    portfolio.take(2)
    look(portfolio, 2)
    look(portfolio, 2)
    assert filed(portfolio) == ["alarm coverage", "resolved coverage"]
    assert [line.split()[1] for line in webhook.lines] == ["alarm", "resolved"]
    assert all(text.startswith("portfolio snapshots (SIMULATED history)\n") for _, text in webhook.posts)
    assert all(path == f"/services/{SECRET}" for path, _ in webhook.posts)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(3)
    look(portfolio, 3)
    assert filed(portfolio)[2:] == ["alarm coverage"]


@pytest.mark.every
def test_a_doubt_is_told_once_with_what_to_do(portfolio: Portfolio, webhook: Webhook) -> None:
    """Answers in doubt are told however much else is covered, once for all looks, and resolved when settled."""
    portfolio.extra += "coverage_below = 0.4\n"
    portfolio.take(0)
    portfolio.simulator.order("missing_chain", chain="eip155:1", account=address("cold"))
    for _ in range(3):
        portfolio.take(1)
        assert [one.key for one in look(portfolio, 1).alarms] == ["doubt"]
    (line,) = webhook.lines
    assert "no total since 2026-05-02T00:00 UTC" in line
    assert "cold / eip155:1 / wallet: suspect:vanished" in line
    assert "The next snapshot settles it if it says the same" in line
    assert portfolio.command("backfill", "--gaps").returncode == 3
    assert [one.key for one in look(portfolio, 1).alarms] == ["doubt"]
    portfolio.take(2)
    assert look(portfolio, 2).alarms == ()
    assert filed(portfolio) == ["alarm doubt", "resolved doubt"]


@pytest.mark.every
def test_a_late_snapshot_is_told_after_the_grace(portfolio: Portfolio, webhook: Webhook) -> None:
    """By cadence a snapshot is late when grace and an hour are over; a setting in hours goes before that."""
    portfolio.have(0)
    settings = portfolio.settings()
    assert watch(settings, day(1) + timedelta(minutes=89)).alarms == ()
    (alarm,) = watch(settings, day(1) + timedelta(minutes=91)).alarms
    assert alarm.words == ("no snapshot since 2026-05-02T00:00 UTC, when one was due; the last is of 2026-05-01T00:00")
    assert watch(settings, day(3)).news == ()
    assert len(webhook.posts) == 1
    portfolio.extra += "stale_after_hours = 60\n"
    assert watch(portfolio.settings(), day(2.4)).alarms == ()
    assert [one.kind for one in watch(portfolio.settings(), day(2.6)).alarms] == ["stale"]


def test_a_history_that_never_began_is_late(portfolio: Portfolio) -> None:
    """Without any snapshot the first tick that was due is what is late."""
    (alarm,) = look(portfolio, 5).alarms
    assert "no snapshot since 2026-05-01T00:00 UTC" in alarm.words
    assert "none is recorded yet" in alarm.words


@pytest.mark.every
def test_a_jump_says_which_part(portfolio: Portfolio, webhook: Webhook) -> None:
    """A step beyond the setting is told once with the part that made it; an account that enters is no jump."""
    portfolio.accounts = ("treasury",)
    portfolio.take(0, 1)
    assert look(portfolio, 1).news == ()
    portfolio.accounts = ("treasury", "cold")
    portfolio.take(2)
    assert portfolio.answer("value_change")[0]["scope_usd"]
    assert look(portfolio, 2).news == ()
    portfolio.extra = portfolio.extra.replace("file =", "value_jump = 0.0001\nfile =")
    portfolio.take(3, 4)
    news = look(portfolio, 4).news
    assert [one.key for one in news] == ["value_jump:2026-05-04T00:00", "value_jump:2026-05-05T00:00"]
    steps = [portfolio.answer("value_change", since=day(number - 1), until=day(number))[0] for number in (3, 4)]
    for one, step in zip(news, steps, strict=True):
        share = float(str(step["price_effect_usd"])) / float(str(step["opening_usd"]))
        assert f"price {share:+.1%}" in one.words
        assert "most of it" in one.words
    assert look(portfolio, 4).news == ()
    assert len(webhook.posts) == 1


@pytest.mark.every
def test_a_broken_claim_is_told_until_it_holds(portfolio: Portfolio, webhook: Webhook) -> None:
    """A claim that breaks is an alarm as long as it is broken, also when later instants are fine, then resolved."""
    portfolio.have(0)
    look(portfolio, 0)
    portfolio.take(1)
    portfolio.change_store("update balance set amount_raw = '1.5' where as_of = timestamp '2026-05-02'")
    portfolio.take(2)
    assert [one.key for one in look(portfolio, 2).alarms] == ["check:amount_is_exact"]
    assert "first at 2026-05-02T00:00 UTC" in webhook.lines[0]
    portfolio.take(3)
    assert [one.key for one in look(portfolio, 3).alarms] == ["check:amount_is_exact"]
    portfolio.change_store("update balance set amount_raw = null where as_of = timestamp '2026-05-02'")
    portfolio.take(4)
    look(portfolio, 4)
    assert filed(portfolio) == ["alarm check:amount_is_exact", "resolved check:amount_is_exact"]


def test_a_dead_webhook_fails_nothing(
    portfolio: Portfolio, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a webhook does not take is said without its address, waits, and is told in order when it is back."""
    caplog.set_level(logging.DEBUG)
    settings = portfolio.settings()
    monkeypatch.setenv(VARIABLE, f"http://127.0.0.1:9/services/{SECRET}")
    (trouble,) = watch(settings, day(0) + SOON, [Alarm("failed_run:1", "run 1 failed", is_event=True)]).troubles
    assert "the webhook cannot be told: no connection; nothing listens at this port; 1 messages wait" in trouble
    monkeypatch.setenv(VARIABLE, webhook.url)
    webhook.statuses = [404]
    (trouble,) = watch(settings, day(0) + SOON, [Alarm("failed_run:2", "run 2 failed", is_event=True)]).troubles
    assert "it answered 404; 2 messages wait" in trouble
    webhook.statuses = [302]
    assert "redirects, which is not followed" in watch(settings, day(0) + SOON).troubles[0]
    webhook.statuses = [503, 429]
    assert watch(settings, day(0) + SOON).troubles == ()
    assert [line[2:] for line in webhook.lines] == ["alarm failed_run: run 1 failed", "alarm failed_run: run 2 failed"]
    assert filed(portfolio) == ["alarm failed_run:1", "alarm failed_run:2"]
    assert "alerts: the webhook cannot be told" in caplog.text
    kept = [path.read_bytes() for path in portfolio.folder.rglob("*") if path.is_file()]
    assert [text for text in (caplog.text.encode(), *kept) if b"MARKED-SECRET" in text] == []


def test_the_secret_never_travels_in_the_open(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything but https, but for this machine itself, is refused before a connection, and so is what is no address."""
    portfolio.extra = f'[alerts]\nwebhook_url_env = "{VARIABLE}"\n'
    event = [Alarm("failed_run:1", "run 1 failed", is_event=True)]
    for value, words in {
        "http://hooks.example.com/T0/MARKED": "not https",
        "https://me:MARKED@hooks.example.com/": "must carry no user",
        "MARKED": "no address",
        "http://[MARKED": "no address",
        " ": f"{VARIABLE} is not set in the environment",
    }.items():
        monkeypatch.setenv(VARIABLE, value)
        (trouble,) = watch(portfolio.settings(), day(0), event).troubles
        assert words in trouble
        assert "MARKED" not in trouble


@pytest.mark.every
def test_nothing_private_leaves(portfolio: Portfolio, webhook: Webhook) -> None:
    """Alarms hold labels, codes and shares: no amount, address or token's name; and markup is written as itself."""
    portfolio.extra = portfolio.extra.replace("file =", "value_jump = 0.0001\nfile =")
    portfolio.take(0, 1)
    look(portfolio, 1)
    portfolio.simulator.order("forbidden")
    portfolio.take(2)
    look(portfolio, 2)
    watch(portfolio.settings(), day(2), [Alarm("failed_run:<!channel>", "<!channel> & all", is_event=True)])
    assert [line.split()[2] for line in webhook.lines] == ["value_jump:", "coverage:", "failed_run:"]
    said = "\n".join(text for _, text in webhook.posts)
    symbols = {"ETH", "WETH", "USDC", "USDT", "DAI", "WBTC"}
    values = [str(row[name]) for row in portfolio.answer("value_chart") for name in ("value_usd", "known_value_usd")]
    assert values
    assert set(re.findall(r"[\w.,$-]+", said)) & {*symbols, *values} == set()
    assert re.findall(r"0x[0-9a-fA-F]{4}|\d{5}|\d,\d{3}", said) == []
    assert "&lt;!channel&gt; &amp; all" in said
    assert "<" not in said


@pytest.mark.every
def test_portfolio_alert_is_for_plain_cron(portfolio: Portfolio, webhook: Webhook) -> None:
    """The command says what is alarming, exits 3 then and 0 otherwise, tells the channels, and a trial tells nobody."""
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{start:%Y-%m-%d}"'
    portfolio.write()
    tried = portfolio.command("alert", "--dry-run")
    assert tried.returncode == 3
    assert tried.stdout.startswith("stale: no snapshot since")
    assert not webhook.posts
    assert portfolio.command("alert").returncode == 3
    assert len(webhook.posts) == 1
    portfolio.command("snapshot", check=True)
    done = portfolio.command("alert")
    assert (done.returncode, done.stdout) == (0, "nothing is alarming\n"), done.stderr
    assert len(webhook.posts) == 2
    assert filed(portfolio) == ["alarm stale", "resolved stale"]


@pytest.mark.every
@pytest.mark.parametrize("content", ["{", "\x00" * 300])
def test_a_damaged_memory_is_said(portfolio: Portfolio, webhook: Webhook, content: str) -> None:
    """A memory that cannot be read is named, and what is alarming is sent anew and remembered from then on."""
    portfolio.write()
    memory = portfolio.folder / "data" / "simulated" / "alerts.json"
    memory.parent.mkdir(parents=True)
    memory.write_text(content)
    done = portfolio.process("alert")
    assert done.returncode == 3
    assert f"{memory}: what alerts remember is damaged" in done.stderr
    assert len(webhook.posts) == 1
    again = portfolio.process("alert")
    assert "damaged" not in again.stderr
    assert len(webhook.posts) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("coverage_below = 95", "alerts.coverage_below"),
        ("value_jump = 0", "alerts.value_jump"),
        ('webhook_url_env = "https://x"', "alerts.webhook_url_env: write the name of the environment variable"),
        ('webhook_url = "https://x"', "unknown key; did you mean 'webhook_url_env'?"),
    ],
)
def test_faults_of_alerts_are_said(portfolio: Portfolio, line: str, words: str) -> None:
    """What is wrong in [alerts] is said with its place, and a pasted address is never repeated."""
    portfolio.extra = f"[alerts]\n{line}\n"
    portfolio.write()
    done = portfolio.command("alert")
    assert done.returncode == 2
    assert words in done.stderr
    assert "https://x" not in done.stderr


@pytest.mark.every
@pytest.mark.parametrize("behind", [1, 2])
def test_what_is_not_published_is_told(portfolio: Portfolio, webhook: Webhook, behind: int) -> None:
    """A published file that lacks what was stored an hour ago is an alarm until it has it."""
    portfolio.have(0)
    older = portfolio.published.read_bytes()
    portfolio.take(*range(1, behind + 1))
    newer, later = portfolio.published.read_bytes(), datetime.now(UTC) + timedelta(hours=2)
    portfolio.published.write_bytes(older)
    kinds = [one.kind for one in watch(portfolio.settings(), later).alarms]
    assert "unpublished" in kinds
    assert "unpublished" not in [one.kind for one in watch(portfolio.settings(), datetime.now(UTC)).alarms]
    assert [line for line in webhook.lines if "is not published: readers see an older history" in line]
    portfolio.published.write_bytes(newer)
    assert "unpublished" not in [one.kind for one in watch(portfolio.settings(), later).alarms]
    portfolio.published.unlink()
    assert "unpublished" in [one.kind for one in watch(portfolio.settings(), later).alarms]


@pytest.mark.every
@pytest.mark.parametrize(("taken", "now"), [((0, 3), 2.2), ((0, 1, 9), 4.2)])
def test_an_instant_of_the_future_hides_no_late_one(portfolio: Portfolio, taken: tuple[int, ...], now: float) -> None:
    """A snapshot that a clock ahead has left is an alarm of its own, and ticks that were due are late all the same."""
    portfolio.have(*taken)
    alarms = {one.kind: one.words for one in watch(portfolio.settings(), day(now)).alarms}
    assert f"the last is of {day(taken[-2]):%Y-%m-%d}" in alarms["stale"]
    assert "`portfolio rebuild --drop-future` removes it" in alarms["future"]
