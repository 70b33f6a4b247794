"""The ECB's dialect: euro reference rates of working days, as CSV, without a key.

Which rate is fixed on which day stands in `book.rates`.
"""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request

from dagster_project.simulator.book.rates import CURRENCIES, FIRST_DAY, is_fixed_on, is_published_by, rate, today
from dagster_project.simulator.dialect import Call, Dialect, Document, Endpoint, Limits, Message, Refusal, Shape
from dagster_project.simulator.json_text import number

_KEY = re.compile(r"D\.([A-Z]{3}(?:\+[A-Z]{3})*)\.EUR\.SP00\.A")
_COLUMNS = ("KEY", "FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX", "TIME_PERIOD", "OBS_VALUE")
_DIMENSIONS = {"FREQ": "D", "CURRENCY_DENOM": "EUR", "EXR_TYPE": "SP00", "EXR_SUFFIX": "A"}


def _rates(call: Call) -> Document:
    """The rows of `GET /service/data/EXR/{key}`: by currency, then by day; what is not published has no row."""
    path, query = call.request.path_params["key"], call.request.query_params
    if "csv" not in query.get("format", call.request.headers.get("accept", "")):
        raise Refusal(406, "Only CSV is spoken here: format=csvdata, or Accept: text/csv")
    key = _KEY.fullmatch(path)
    if key is None:
        raise Refusal(404, "No results found.")
    days = _days(call)
    asked = sorted(set(key[1].split("+")) & set(CURRENCIES))
    if not days or not asked:
        raise Refusal(404, "No results found.")
    return {"rows": [_row(currency, day) for currency in asked for day in days]}


def _days(call: Call) -> list[date]:
    """The days of the range on which rates were fixed and published by now."""
    first, last = _day(call, "startPeriod") or FIRST_DAY, _day(call, "endPeriod")
    now = today(call.lived_at)
    last = now if last is None or call.ignores_time else min(last, now)
    first = max(first, FIRST_DAY)
    listed = (first + timedelta(after) for after in range((last - first).days + 1))
    days = [day for day in listed if is_fixed_on(day) and is_published_by(day, call.lived_at)]
    told = call.request.query_params.get("lastNObservations", "")
    return days[-int(told) :] if re.fullmatch("[1-9][0-9]{0,4}", told, re.ASCII) else days


def _day(call: Call, name: str) -> date | None:
    told = call.request.query_params.get(name)
    try:
        return None if told is None else datetime.strptime(told, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Refusal(400, f"{name} is no day, as in 2026-05-04") from None


def _row(currency: str, day: date) -> Document:
    series = f"EXR.D.{currency}.EUR.SP00.A"
    told = {"KEY": series, "CURRENCY": currency, "TIME_PERIOD": f"{day}", "OBS_VALUE": rate(currency, day)}
    return {name: (told | _DIMENSIONS)[name] for name in _COLUMNS}


def _write_csv(_call: Call, document: Document) -> bytes:
    """The rows under a header of every member that any of them has."""
    rows = document["rows"]
    listed = rows if isinstance(rows, list) else []
    names = list(dict.fromkeys([*_COLUMNS, *(name for row in listed for name in row)]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    for row in listed:
        writer.writerow([_spelled(row.get(name)) for name in names])
    return text.getvalue().encode()


def _spelled(value: object) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value)


def _asked_at(call: Call) -> int | None:
    """Midnight UTC of the last day asked for."""
    try:
        day = _day(call, "endPeriod")
    except Refusal:
        return None
    return None if day is None else int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _error(_request: Request, status: int, message: Message) -> Document:
    return {"statusCode": status, "message": message}


ECB = Dialect(
    name="ecb",
    endpoints=(
        Endpoint(
            "GET",
            "/service/data/EXR/{key}",
            _rates,
            Shape(lists=lambda document: [(document, "rows")], amount="OBS_VALUE"),
            write=_write_csv,
            media_type="text/csv; charset=utf-8",
        ),
    ),
    key_of=None,
    accounts_of=lambda _: (),
    asked_at=_asked_at,
    error=_error,
    limits=Limits("Too many requests"),
)
