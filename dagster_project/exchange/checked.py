"""Hold a folder against its descriptor before anything of it is believed: every file, size and digest, every column.

All faults are found at once. Nothing outside of the folder is ever opened, whatever the descriptor says.
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dagster_project.closings import record
from dagster_project.errors import BadRawError, ForeignStoreError, ImportedFileError, UsageError
from dagster_project.exchange import descriptor, files
from dagster_project.exchange.descriptor import CLOSINGS, FORMAT_VERSION, File, Package, Resource
from dagster_project.exchange.files import Form
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.facts import Fact, facts_at

_MOST_FAULTS = 40
_LONGEST_SHOWN = 80
_CLOSING = re.compile(rf"{CLOSINGS}/[A-Za-z0-9][A-Za-z0-9._-]*\.json")


def folder_of(place: Path) -> Path:
    """Give the folder that a person means, who may name its descriptor.

    Raises:
        UsageError: there is no exported history at the place.
    """
    folder = place.parent if place.name == descriptor.NAME else place
    if not folder.is_dir():
        raise UsageError(
            f"{place} is no folder; name one that `portfolio export` wrote, or `flows` and a file of flows"
        )
    if not (folder / descriptor.NAME).is_file():
        raise UsageError(f"{folder} holds no {descriptor.NAME}; name a folder that `portfolio export` wrote")
    return folder


def described(folder: Path) -> tuple[Package, Form]:
    """Read the descriptor of a folder and judge whether it speaks of what this program exports; gives the format too.

    Whatever name or number it has is one of an export then. No other file is looked at.

    Raises:
        UsageError: it is none.
        ForeignStoreError: a newer program wrote it.
        ImportedFileError: it describes something else, with every fault.
    """
    place = folder / descriptor.NAME
    package = descriptor.read(place)
    known = sqlfiles.migrations()
    for what, version, newest in (
        ("format", package.format_version, FORMAT_VERSION),
        ("schema", package.schema_version, known[-1][0]),
    ):
        if version > newest:
            raise ForeignStoreError(f"{place}: of {what} {version}, this program knows {newest}; use a newer program")
        if version < 1:
            raise UsageError(f"{place}: of {what} {version}, which no program ever wrote; export anew")
    if not re.fullmatch(r"[0-9a-f]{1,64}", package.id):
        raise UsageError(f"{place}: its id is none of a portfolio, which is hexadecimal digits; export anew")
    form, faults = _form(package)
    if form is not None:
        faults += _misdescribed(package, facts_at(package.schema_version), form)
    _raise_any(place, faults)
    if form is None:
        raise UsageError(f"{place}: its tables are of no known format")
    return package, form


def insist_on_intact(folder: Path, package: Package) -> None:
    """Hold every file of a folder against its descriptor: there, none too many, size, digest.

    Raises:
        ImportedFileError: with every fault.
    """
    listed = package.files
    there, faults = _there(folder)
    faults += [f"{path}: missing; put it back from a backup, or export anew" for path in sorted(listed.keys() - there)]
    faults += [
        f"{_shown(path)}: not described; move it out of the folder"
        for path in sorted(there - listed.keys() - {descriptor.NAME})
    ]
    for path in sorted(listed.keys() & there):
        faults += _differing(folder / path, listed[path])
    _raise_any(folder / descriptor.NAME, faults)


def _raise_any(place: Path, faults: list[str]) -> None:
    if faults:
        more = [f"and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise ImportedFileError(place, [*faults[:_MOST_FAULTS], *more])


def _form(package: Package) -> tuple[Form | None, list[str]]:
    suffixes = {resource.format for resource in package.tables.values()}
    found = [form for form in files.FORMS.values() if {form.suffix} == suffixes]
    known = ", ".join(form.suffix for form in files.FORMS.values())
    return (found[0], []) if found else (None, [f"its tables are not all of one format out of {known}; export anew"])


def _misdescribed(package: Package, facts: tuple[Fact, ...], form: Form) -> list[str]:
    """Find what the descriptor says otherwise than an export of its schema does."""
    names = Counter(resource.name for resource in package.resources)
    known = {fact.name: fact for fact in facts}
    faults = [f"{_shown(name)}: described twice; export anew" for name, count in names.items() if count > 1]
    strangers = sorted(names.keys() - known.keys() - {CLOSINGS})
    schema = f"schema {package.schema_version}"
    faults += [f"{_shown(name)}: no table of {schema}; take it out, or export anew" for name in strangers]
    faults += [f"{name}: this table is missing; export anew" for name in sorted(known.keys() - names.keys())]
    for resource in package.resources:
        if resource.name in known:
            faults += _misfits(resource, known[resource.name])
        faults += _misplaced(resource, form)
    return faults


def _misplaced(resource: Resource, form: Form) -> Iterator[str]:
    """Find which files are named otherwise than an export names those of a table."""
    paths = [file.path for file in resource.files]
    for path, count in Counter(paths).items():
        if not _is_ours(path, resource, form):
            yield f"{_shown(path)}: no name of a file of {_shown(resource.name)}; export anew"
        if count > 1:
            yield f"{_shown(path)}: listed twice; export anew"
    if paths != ([resource.path] if isinstance(resource.path, str) else [*resource.path]):
        yield f"{_shown(resource.name)}: its path and its portfolio:files name different files; export anew"


def _misfits(resource: Resource, fact: Fact) -> Iterator[str]:
    """Find what is wrong with how one table is described."""
    if resource.schema is msgspec.UNSET or resource.rows is msgspec.UNSET or not resource.files:
        yield f"{fact.name}: its columns, number of rows or files are not described; export anew"
        return
    given = [(field.name, field.duckdb_type) for field in resource.schema.fields]
    wanted = [(column.name, column.type) for column in fact.columns]
    for name, kind in given:
        if (name, kind) not in wanted:
            yield f"{fact.name}: has no column {_shown(name)} of type {_shown(kind)}; export anew"
    for name, kind in wanted:
        if (name, kind) not in given:
            yield f"{fact.name}: its column {name} of type {kind} is missing; export anew"
    if sorted(given) == sorted(wanted) and given != wanted:
        yield f"{fact.name}: its columns are in another order than this program writes; export anew"
    try:
        _ = resource.rows.sums
    except ValueError:
        yield f"{fact.name}: its sums are no numbers; export anew"


def _is_ours(path: str, resource: Resource, form: Form) -> bool:
    """Tell whether an export names a file of the table so; no other name is ever opened."""
    if resource.name == CLOSINGS:
        return _CLOSING.fullmatch(path) is not None
    table, suffix = re.escape(resource.name), re.escape(form.suffix)
    return re.fullmatch(rf"{table}/(month=(\d{{4}}-\d\d)/{table}-\2|{table})\.{suffix}", path, re.ASCII) is not None


def _there(folder: Path) -> tuple[set[str], list[str]]:
    """Give every file of a folder by its path; what is neither file nor folder is a fault, and is not followed."""
    found, faults, waiting = set(), [], [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path).relative_to(folder).as_posix()
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                    found.add(path)
                else:
                    faults.append(f"{_shown(path)}: neither file nor folder; put what it points to in its place")
    return found, faults


def _differing(path: Path, wanted: File) -> Iterator[str]:
    remedy = "it is damaged; put it back from a backup, or export anew"
    size = path.stat().st_size
    if size != wanted.bytes:
        yield f"{wanted.path}: {size:,} bytes, has to be {wanted.bytes:,}: {remedy}"
    elif files.digest_of(path)[1] != wanted.hash:
        yield f"{wanted.path}: its sha256 is another: {remedy}"
    elif wanted.path.startswith(f"{CLOSINGS}/"):
        try:
            record.read(path)
        except BadRawError as error:
            yield str(error).removeprefix(f"{path.parent.parent}/")


def _shown(text: str) -> str:
    """Show a text from outside, short and harmless to a terminal."""
    short = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    return ascii(short)
