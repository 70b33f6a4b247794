"""Ask a history everything: each answer, by each of its groupings, and each verb that reads or makes files of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dagster_project.errors import UsageError
from dagster_project.warehouse import ask
from tests.commands import run

GROUPINGS = ("total", "account", "chain", "asset", "asset_group", "layer", "position", "protocol")
SPANS = ("day", "month")
VERBS: tuple[tuple[str, ...], ...] = (
    ("status",), ("page",), ("ask", "value_chart", "--chart"), ("ask", "balances_at", "--format", "csv"),
    ("export", "--format", "csv", "as-csv"), ("verify",),
)  # fmt: skip


def faults(published: Path, folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Give what went wrong, in words; nothing where every answer answers and every verb ends with 0."""
    return [*of_answers(published), *of_verbs(folder, environment)]


def of_answers(published: Path) -> Iterator[str]:
    """Ask each answer; that an answer has no such grouping, or there is no rate, is no fault of it."""
    for contract in ask.contracts():
        asked: list[dict[str, object]] = [{"currency": "EUR"} if "currency" in contract.parameters else {}]
        asked += [{"every": one} for one in SPANS if "every" in contract.parameters]
        asked += [{"per": one} for one in GROUPINGS if "per" in contract.parameters]
        for parameters in asked:
            try:
                rows = ask.answer(published, contract.name, **parameters)
            except UsageError as error:
                if not any(words in str(error) for words in ("there is no ", "there are no ", "no rate of EUR")):
                    yield f"{contract.name} {parameters}: {error}"
            else:
                yield from (
                    f"{contract.name} {parameters}: {name} is {row[name]}"
                    for row in rows.dicts()
                    for name in rows.names
                    if name.endswith("_usd") and str(row[name]).lower() in ("nan", "inf", "-inf")
                )


def of_verbs(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run each verb."""
    for words in VERBS:
        done = run(words, environment, folder)
        if done.returncode or "Traceback" in done.stderr:
            yield f"{' '.join(words)}: {done.returncode} {done.stdout[-500:]} {done.stderr[-500:]}"
