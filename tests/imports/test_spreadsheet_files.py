"""Promises of files as spreadsheets save them: blanks cost nothing, what is ambiguous is refused by its row."""

from pathlib import Path

import pytest

from dagster_project.errors import ImportedFileError
from dagster_project.flows import Flow, Kind
from dagster_project.imports.flows import read_flows
from tests.imports.test_flows_file import ACCOUNTS, ETHER, NOW, USDC, WALLET_ID, at

HEADER = "at,account,asset,amount,kind,note"
FIRST = f"2026-05-03,treasury,{USDC},1,deposit,x"
SECOND = f"2026-05-04,treasury,{ETHER},1250.5,fee,"
FLOWS = (
    Flow(WALLET_ID, at(2026, 5, 3), USDC, "1", Kind.DEPOSIT, "x", is_date_only=True),
    Flow(WALLET_ID, at(2026, 5, 4), ETHER, "1250.5", Kind.FEE, is_date_only=True),
)


def flows(folder: Path, content: str | bytes) -> tuple[Flow, ...]:
    """The flows of a file with this content."""
    path = folder / "flows.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_flows(path, ACCOUNTS, NOW).flows


def faults(folder: Path, content: str) -> tuple[str, ...]:
    """The faults of a file with this content."""
    with pytest.raises(ImportedFileError) as caught:
        flows(folder, content)
    return caught.value.faults


def semicolons(*lines: str) -> str:
    """The lines with the separator of those who write a comma in numbers."""
    return "\n".join(line.replace(",", ";") for line in lines)


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\r\n{FIRST}\r\n,,,,,\r\n{SECOND}\r\n,,,,,\r\n,,,,,\r\n",
        f"\r\n,,,,,\r\n{HEADER}\r\n\r\n{FIRST}\r\n , ,,\t,,\r\n{SECOND}",
        f"{HEADER},,\n{FIRST},,\n{SECOND},,\n,,,,,,,\n",
        f"{HEADER}\n{FIRST},,,\n{SECOND.removesuffix(',')}\n",
        f",{HEADER}\n,{FIRST}\n,{SECOND}\n",
        f"sep=,\r\n{HEADER}\r\n{FIRST}\r\n{SECOND}\r\n",
        semicolons("sep=;", HEADER, FIRST, SECOND),
        semicolons(HEADER, FIRST, SECOND),
        semicolons(HEADER, FIRST, SECOND).replace("1250.5", "1250,5"),
        f"{HEADER}\n{FIRST}\n{SECOND}".replace(",", "\t"),
        f"{HEADER}\n{FIRST}\n{SECOND}\n".replace("1250.5", '"1250,5"'),
        f"\ufeff{HEADER}\n{FIRST}\n{SECOND}\n",
        f"\ufeffsep=,\n{HEADER}\n{FIRST}\n{SECOND}\n",
        f"{HEADER}\r\n{FIRST}\r\n{SECOND}".encode("utf-16"),
    ],
    ids=[
        "blank_rows", "blank_begin", "blank_columns", "short_and_long_rows", "blank_first_column", "sep",
        "sep_semicolon", "semicolon", "decimal_comma", "tabs", "quoted_decimal_comma", "mark", "mark_and_sep", "utf_16",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_saves_is_read(tmp_path: Path, content: str | bytes) -> None:
    """Blank rows and columns, `sep=`, a mark, other separators and decimal commas give the same flows."""
    assert flows(tmp_path, content) == FLOWS


@pytest.mark.parametrize(
    ("amount", "read"), [("0,125", "0.125"), ("1250,50", "1250.5"), ("7,1234567", "7.1234567"), ("00,5", "0.5")]
)
def test_a_decimal_comma_is_read_where_it_can_be_nothing_else(tmp_path: Path, amount: str, read: str) -> None:
    """A comma with other than three digits behind it, or behind a 0, is a decimal comma."""
    (flow,) = flows(tmp_path, f'{HEADER}\n2026-05-04,treasury,{ETHER},"{amount}",fee,\n')
    assert flow.amount_exact == read


@pytest.mark.parametrize("amount", ["1,250", "12,345", "1.250,50", "1,250.50", "1,2,3", ",5", "5,"])
def test_an_ambiguous_amount_is_refused_by_its_row(tmp_path: Path, amount: str) -> None:
    """A comma that may stand between thousands is a fault of its line, which says what to write; no guess is made."""
    (fault,) = faults(tmp_path, f'{HEADER}\n{FIRST}\n2026-05-04,treasury,{ETHER},"{amount}",fee,\n')
    assert fault.startswith("line 3, amount: ")
    assert "write" in fault


def test_text_in_a_column_without_a_name_is_refused_by_its_row(tmp_path: Path) -> None:
    """A blank column may be blank alone: what stands in it would be lost."""
    (fault,) = faults(tmp_path, f"{HEADER},\n{FIRST},\n{SECOND},lost\n")
    assert fault.startswith("line 3: has 7 columns")
    (fault,) = faults(tmp_path, f"{HEADER}\n{FIRST}\n\n,,,,,,lost\n")
    assert fault.startswith("line 4: has 7 columns")


def test_a_row_that_ends_before_what_it_needs_is_refused(tmp_path: Path) -> None:
    """A row without one of the required columns is a fault of its line alone."""
    (fault,) = faults(tmp_path, f"{HEADER}\n{FIRST}\n2026-05-04,treasury,{ETHER},5\n,,,\n")
    assert fault.startswith("line 3: has 4 columns")


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    """A file of blank rows alone has no header, and says what one is."""
    (fault,) = faults(tmp_path, ",,,,,\r\n,,,,,\r\n")
    assert "begin the file with a header" in fault
