"""Promises of reading a file of known flows: exact, and every fault at once with its line and the remedy."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.errors import ImportedFileError, UsageError
from dagster_project.flows import Flow, Flows, Kind, Span
from dagster_project.imports.flows import read_flows
from dagster_project.imports.rows import Faults, near, read_rows
from dagster_project.model import Account

NOW = datetime(2026, 6, 15, 12, 34, 56, tzinfo=UTC)
WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
WALLET_ID = f"eip155:0:{WALLET.lower()}"
SOLANA_CHAIN = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
SOLANA_WALLET = "J5CCzBULFax899tcirb6wMbenQUd8whbaetG7EfSick5"
ETHER = "eip155:1/slip44:60"
USDC = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
ACCOUNTS = (
    Account(WALLET_ID, WALLET, "treasury", ("eip155:1",)),
    Account(f"{SOLANA_CHAIN}:{SOLANA_WALLET}", SOLANA_WALLET, "Solana desk", (SOLANA_CHAIN,)),
)
HEADER = "at,account,asset,amount,kind"
LINE = f"2026-05-03,treasury,{ETHER},1.5,deposit"


class FlowsFile:
    """A file of flows that a test writes."""

    def __init__(self, path: Path) -> None:
        """Stand at `path`."""
        self.path = path

    def read(self, *lines: str, complete_until: datetime | None = None) -> Flows:
        """Write the lines and read them as flows."""
        self.path.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="")
        return read_flows(self.path, ACCOUNTS, NOW, complete_until)

    def faults(self, *lines: str, complete_until: datetime | None = None) -> tuple[str, ...]:
        """Write lines that are no good, and give their faults."""
        with pytest.raises(ImportedFileError) as caught:
            self.read(*lines, complete_until=complete_until)
        return caught.value.faults


@pytest.fixture
def file(tmp_path: Path) -> FlowsFile:
    """Give a place for a file of flows."""
    return FlowsFile(tmp_path / "flows.csv")


def at(*when: int) -> datetime:
    """Give an instant in UTC."""
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type] # year, month, day and what follows


def test_a_line_is_a_flow(file: FlowsFile) -> None:
    """Each line is one flow, instants in UTC, and an account is covered from its first flow to its last or its day."""
    read = file.read(
        "note,kind,amount,asset,account,at",
        f'"from, the fund",deposit,0250000.500,{USDC.replace("0xa0b", "0xA0B")},treasury,2026-05-03',
        f",fee,0.000000000000000001,{ETHER},{WALLET.lower()},2026-05-01T10:00:00+02:00",
        "",
        f",yield,12,{SOLANA_CHAIN}/slip44:501,solana desk,2026-05-04T00:00:00.5Z",
    )
    desk = ACCOUNTS[1].account_id
    assert read.flows == (
        Flow(WALLET_ID, at(2026, 5, 3), USDC, "250000.5", Kind.DEPOSIT, "from, the fund", is_date_only=True),
        Flow(WALLET_ID, at(2026, 5, 1, 8), ETHER, "0.000000000000000001", Kind.FEE),
        Flow(desk, at(2026, 5, 4, 0, 0, 0, 500_000), f"{SOLANA_CHAIN}/slip44:501", "12", Kind.YIELD),
    )
    moment = at(2026, 5, 4, 0, 0, 0, 500_000)
    assert read.spans == (
        Span(WALLET_ID, at(2026, 5, 1, 8), at(2026, 5, 3, 23, 59, 59, 999_999)),
        Span(desk, moment, moment),
    )
    assert read.recorded_at == NOW


@pytest.mark.parametrize("text", ["2026-05-03", "20260503", "2026-W18-7"])
def test_a_date_without_time_is_a_day(file: FlowsFile, text: str) -> None:
    """A date without a time says the day alone, in any form of ISO 8601; midnight is an instant."""
    (day,) = file.read(HEADER, LINE.replace("2026-05-03", text)).flows
    (instant,) = file.read(HEADER, LINE.replace("2026-05-03", "2026-05-03T00:00")).flows
    assert (day.moved_at, day.is_date_only) == (at(2026, 5, 3), True)
    assert (instant.moved_at, instant.is_date_only) == (at(2026, 5, 3), False)


def test_of_today_is_covered_what_is_over(file: FlowsFile) -> None:
    """The day of the last flow is covered to its end, today until now."""
    (span,) = file.read(HEADER, LINE.replace("2026-05-03", f"{NOW:%Y-%m-%d}")).spans
    assert span.until == NOW


def test_an_account_is_covered_until_it_is_said_to_be(file: FlowsFile) -> None:
    """With --complete-until every account is covered until then; no flow may lie behind it, nor it in the future."""
    read = file.read(HEADER, LINE, complete_until=at(2026, 5, 31))
    assert read.spans == (Span(WALLET_ID, at(2026, 5, 3), at(2026, 5, 31)),)
    assert file.read(HEADER, LINE, complete_until=at(2026, 5, 3)).spans[0].until == at(2026, 5, 3)
    assert file.faults(HEADER, LINE, complete_until=at(2026, 5, 2)) == (
        "line 2, at: '2026-05-03' lies after --complete-until 2026-05-02T00:00; set that later, or leave it out",
    )
    with pytest.raises(UsageError, match="lies in the future"):
        file.read(HEADER, LINE, complete_until=NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    "name", ["treasury", "TREASURY", WALLET, WALLET.lower(), WALLET_ID, f"eip155:1:{WALLET}", f"  {WALLET} "]
)
def test_an_account_goes_by_what_the_settings_know(file: FlowsFile, name: str) -> None:
    """An account is named by label, address or account id, as it is in the settings."""
    (flow,) = file.read(HEADER, LINE.replace("treasury", name)).flows
    assert flow.account_id == WALLET_ID


@pytest.mark.parametrize("zone", [" Europe/Berlin", " CET", "[Asia/Tokyo]", " 02:00"])
def test_a_zone_behind_an_instant_is_a_fault(file: FlowsFile, zone: str) -> None:
    """An instant with a zone's name behind it is a fault with what to write, never taken for UTC."""
    (fault,) = file.faults(HEADER, LINE.replace("2026-05-03", f"2026-05-03T00:00{zone}"))
    assert fault.startswith("line 2, at: ")
    assert fault.endswith(" is no ISO 8601 date or instant, for example 2026-05-01 or 2026-05-01T12:00:00Z")


def test_every_fault_is_said_at_once(file: FlowsFile) -> None:
    """Each fault stands with its line, its column and the remedy, in the order of the lines, and none hides another."""
    assert file.faults(
        f"{HEADER},note",
        f"2026-05-03,tresury,{ETHER},0,depost,",
        f"2026-06-15T12:34:57,treasury,USDC,-5,,{'x' * 10_000}",
        f'yesterday,{WALLET[:-1]}e,{ETHER},"1,250.5",fee,"two',
        'lines"',
        f"1969-12-31,treasury,{SOLANA_CHAIN}/slip44:501,1e5,Fee,",
        f"{LINE},",
        "2026-05-03,treasury",
        f"2026-05-03T02:00+02:00,{WALLET},{ETHER},1.50,deposit,",
    ) == (
        (
            "line 2, account: 'tresury' is no account of the settings; did you mean 'treasury'? write the label, "
            "address or account id of one in the settings, or add it there as [[accounts]]"
        ),
        "line 2, amount: is 0; write how much moved, or leave the line out",
        (
            "line 2, kind: 'depost' is no kind of flow; did you mean 'deposit'? "
            "known here: deposit, withdrawal, yield, fee, internal"
        ),
        "line 3, at: '2026-06-15T12:34:57' lies in the future; import what has moved, the rest when it has",
        (
            "line 3, asset: 'USDC' names no known chain; write a CAIP-19 type on one of eip155:1, eip155:10, "
            "eip155:56, eip155:100, eip155:130, eip155:137, eip155:146, eip155:324, eip155:999, eip155:1088, "
            "eip155:1284, eip155:1285, eip155:5000, eip155:8453, eip155:42161, eip155:42220, eip155:43114, "
            "eip155:59144, eip155:80094, eip155:81457, solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
        ),
        "line 3, amount: is below 0; write it above 0, the kind says which way it went",
        "line 3, kind: '' is no kind of flow; known here: deposit, withdrawal, yield, fee, internal",
        "line 4, at: 'yesterday' is no ISO 8601 date or instant, for example 2026-05-01 or 2026-05-01T12:00:00Z",
        (
            f"line 4, account: {WALLET[:-1]}e has a wrong EIP-55 checksum, so a letter may be mistyped; if "
            "every digit is right, write 0x5Aaeb6053f3e94c9B9a09F33669435e7EF1BeAee or all lower case; "
            "write it as the settings do"
        ),
        (
            "line 4, amount: '1,250.5' is no amount; write decimal digits alone, with a point where there is a "
            "fraction, at most 78 on either side of it, for example 1250.5"
        ),
        "line 6, at: lies before 1970, when there was nothing to hold; write a later date or instant",
        (
            "line 6, amount: '1e5' is no amount; write decimal digits alone, with a point where there is a "
            "fraction, at most 78 on either side of it, for example 1250.5"
        ),
        (
            "line 6, kind: 'Fee' is no kind of flow; did you mean 'fee'? "
            "known here: deposit, withdrawal, yield, fee, internal"
        ),
        (
            f"line 6, asset: {SOLANA_CHAIN}/slip44:501 cannot lie in this account, which is of 'eip155'; "
            "name an asset of its chains"
        ),
        "line 8: has 2 columns, the header has 6; put texts that hold commas in quotes",
        "line 9: is line 7 again; add both up in one line, or tell them apart by their notes",
    )


def test_the_same_movement_twice_is_told_apart_by_its_note(file: FlowsFile) -> None:
    """Two movements that are alike are two flows where their notes differ."""
    assert len(file.read(f"{HEADER},note", f"{LINE},first", f"{LINE},second").flows) == 2


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("", ["line 1: begin the file with a header, its columns separated by commas: "]),
        (HEADER.replace(",", "|"), ["line 1: begin the file with a header, its columns separated by commas: "]),
        (HEADER.replace(",", ";"), ["line 2: holds no flow; write at least one under the header"]),
        (
            "at,acount,asset,amount,kind,at",
            [
                "line 1: 'acount' is no column; did you mean 'account' or 'amount'? known here: at, ",
                "line 1, at: stands in the header twice; leave one",
                "line 1, account: is missing in the header; it has no default",
            ],
        ),
        (HEADER, ["line 2: holds no flow; write at least one under the header"]),
    ],
)
def test_a_header_is_needed(file: FlowsFile, header: str, faults: list[str]) -> None:
    """Without a header that names every column once, or without a line under it, nothing is read."""
    found = file.faults(header)
    assert len(found) == len(faults)
    assert all(one.startswith(words) for one, words in zip(found, faults, strict=True)), found


def test_a_file_that_is_no_csv_is_refused(file: FlowsFile) -> None:
    """Bytes that are no UTF-8, quotes that do not match and a file that cannot be opened are said, with the line."""
    file.path.write_bytes(f"{HEADER},note\n{LINE},Z\xfcrich\n".encode("latin-1"))
    with pytest.raises(ImportedFileError, match="line 2: is not UTF-8; save the file as CSV in UTF-8"):
        read_flows(file.path, ACCOUNTS, NOW)
    assert file.faults(f"{HEADER},note", f'{LINE},"open', LINE) == (
        "line 2: a quote that opens here is never closed; close it",
    )
    (broken, twice) = file.faults(f"{HEADER},note", f'{LINE},"a"b', f"{LINE},", f"{LINE},")
    assert broken.startswith("line 2: is no CSV (")
    assert twice.startswith("line 4: is line 3 again")
    with pytest.raises(UsageError, match="cannot be read"):
        read_flows(file.path.parent, ACCOUNTS, NOW)


def test_a_file_of_a_spreadsheet_is_read(file: FlowsFile) -> None:
    """The mark before UTF-8, carriage returns, spaces around cells and names in capitals are no fault."""
    file.path.write_bytes(f"\ufeff{HEADER.upper()}\r\n{LINE.replace(',', ' , ')}\r\n".encode())
    assert read_flows(file.path, ACCOUNTS, NOW).flows == file.read(HEADER, LINE).flows


def test_what_looks_like_a_key_is_not_repeated(file: FlowsFile) -> None:
    """A private key or its words in the wrong column are in no message."""
    key, words = "f" * 64, "abandon ability able about above absent"
    message = "\n".join(file.faults(HEADER, f"{key},{key},{words},{key},{words}", f"{words},{words},{key},{words},x"))
    assert key not in message
    assert "abandon" not in message


@given(st.integers(0, 10**78 - 1), st.integers(0, 78).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_an_amount_keeps_every_digit(tmp_path_factory: pytest.TempPathFactory, whole: int, fraction: str) -> None:
    """Up to 78 digits on either side of the point are kept to the last one, written in one way only."""
    text = f"{whole}.{fraction}" if fraction else f"{whole}"
    file = FlowsFile(tmp_path_factory.getbasetemp() / "amount.csv")
    if not Decimal(text):
        assert file.faults(HEADER, LINE.replace("1.5", text)) == (
            "line 2, amount: is 0; write how much moved, or leave the line out",
        )
        return
    (flow,) = file.read(HEADER, LINE.replace("1.5", text)).flows
    assert Decimal(flow.amount_exact) == Decimal(text)
    longer = f"{text}0" if 0 < len(fraction) < 78 else text
    assert file.read(HEADER, LINE.replace("1.5", f"00{longer}")).flows == (flow,)


def outcome(file: FlowsFile, *lines: str) -> Flows | tuple[str, ...]:
    """Give what reading the lines ends in: flows, or faults."""
    try:
        return file.read(*lines)
    except ImportedFileError as error:
        return error.faults


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in a file or in any of its columns, it is flows, or faults with lines; never a stack."""
    file = FlowsFile(tmp_path_factory.getbasetemp() / "any.csv")
    quoted = '"' + text.replace('"', '""') + '"'
    for lines in ((text,), (HEADER, text), (HEADER, ",".join([quoted] * 5))):
        ended = outcome(file, *lines)
        assert isinstance(ended, tuple)
        assert all(one.startswith("line ") for one in ended)
    (flow,) = file.read(f"{HEADER},note", f"{LINE},{quoted}").flows
    assert flow.note == (text.strip() or None)


def test_names_that_are_near_are_looked_for_in_short_texts_only(tmp_path: Path) -> None:
    """A long text is compared with no name, so that a file of them is refused at once."""
    assert near("tresury", ["treasury"]) == "did you mean 'treasury'? "
    assert near("treasury" * 10_000, ["treasury" * 10_000]) == ""
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert [row.cells for row in read_rows(path.read_bytes(), ("a", "b"), (), Faults(path))] == [{"a": "1", "b": "2"}]
