"""Compact, rebuild, verify and serve a history, and say what differs afterwards or goes wrong.

What was taken in must come out again the same; which numbers are taken in stands in the tests.
"""

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from dagster_project.warehouse import ask
from tests.commands import run
from tests.kills.wholeness import differences
from tests.portfolio import PORTFOLIO

VERBS: tuple[tuple[str, ...], ...] = (("compact",), ("rebuild",), ("verify",))
OK, SERVER_ERROR = 200, 500


def faults(
    published: Path,
    folder: Path,
    environment: Mapping[str, str],
    wallet: str,
    verbs: Sequence[tuple[str, ...]] = VERBS,
) -> list[str]:
    """Give what went wrong, in words; nothing where each verb keeps every row and the server answers everything."""
    return [*_of_verbs(published, folder, environment, verbs), *_of_serving(folder, environment, wallet)]


def _of_verbs(
    published: Path, folder: Path, environment: Mapping[str, str], verbs: Sequence[tuple[str, ...]]
) -> Iterator[str]:
    before = Path(shutil.copyfile(published, published.with_name("before.duckdb")))
    for words in verbs:
        done = run(words, environment, folder)
        if done.returncode or "Traceback" in done.stderr:
            yield f"{' '.join(words)}: {done.returncode} {done.stdout[-500:]} {done.stderr[-500:]}"
        yield from (f"{' '.join(words)}: {one}" for one in differences(before, published))
    before.unlink()


def _of_serving(folder: Path, environment: Mapping[str, str], wallet: str) -> Iterator[str]:
    with _served(folder, environment) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        for path in (*_answers(), *_of_providers(wallet)):
            answered = http.get(path)
            if answered.status_code >= SERVER_ERROR:
                yield f"{path}: {answered.status_code} {answered.text[:300]}"
        for path in ("/answers/value_chart", f"/answers/balances_at?account={wallet}"):
            if http.get(path).status_code != OK:
                yield f"{path}: {http.get(path).text[:300]}"


def _answers() -> Iterator[str]:
    yield from (f"/answers/{contract.name}" for contract in ask.contracts())
    yield from (f"/answers/balances_at?format={form}" for form in ("csv", "parquet", "arrow"))


def _of_providers(wallet: str) -> Iterator[str]:
    general = "/portfolio/portfolio/v5.0/general"
    yield from (f"{general}/{name}?addresses={wallet}&chain_id=1" for name in ("current_value", "chart", "report"))
    yield from (f"/portfolio/portfolio/v5.0/{kind}/snapshot?addresses={wallet}" for kind in ("tokens", "protocols"))
    yield from (f"/portfolio/portfolio/v5.0/{kind}/metrics?addresses={wallet}" for kind in ("tokens", "protocols"))
    yield f"/balance/v1.2/1/balances/{wallet}"
    yield f"/v1/portfolio/1/{wallet}"
    yield f"/api/v3/balances/aggregated-balance?account=eip155:1:{wallet}"


@contextmanager
def _served(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    process = subprocess.Popen(
        [*PORTFOLIO, "serve", "--port", "0"], env=environment, cwd=folder, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " on http://127.0.0.1:" in line, line
        try:
            yield line.split()[-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
