"""Where token lists come from: the one that ships, files beside the settings, and addresses that were fetched before.

What a list may hold is normalise/token_list.py; fetching is snapshot/fetch.py, never while settings are read.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dagster_project import caip
from dagster_project.errors import UnreadableError
from dagster_project.normalise.onchain_question import Token
from dagster_project.normalise.token_list import LARGEST_FILE, TokenList, read_list
from dagster_project.sources.address import plain_address
from dagster_project.sources.source import kept_name

WELL_KNOWN = "well-known"
"""The name under which settings mean the list that ships; where its addresses are from is said in decision 24."""

_SHIPPED = Path(__file__).with_name("well_known_tokens.json")

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]


class ListSource(BaseModel):
    """One list: a file beside the settings (or the one that ships), or an address, pinned by hash or version or not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = ""
    url: Annotated[str, AfterValidator(plain_address)] = ""
    sha256: Digest | None = None
    version: Version | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "ListSource":
        if bool(self.file) == bool(self.url):
            raise ValueError('write the name of a file, or a table such as { url = "https://…", sha256 = "…" }')
        return self

    @property
    def name(self) -> str:
        """Give the name or the address by which the settings name it."""
        return self.file or self.url

    @property
    def kept_as(self) -> str:
        """Give the name under which what came from the address is kept, byte for byte; its digest is put into it."""
        return f"{hashlib.sha256(self.url.encode()).hexdigest()[:16]}.json"

    def kept_in(self, folder: Path) -> Path:
        """Give the file that was kept last; its name holds its digest, but for what earlier versions kept."""
        named = folder.glob(f"{Path(self.kept_as).stem}.*.json")
        return max(named, key=lambda path: path.stat().st_mtime_ns, default=folder / self.kept_as)

    def check(self, content: bytes) -> TokenList:
        """Read a list, and hold it against its pins.

        Raises:
            UnreadableError: it is no list by the standard, with the place, or another one than what is pinned.
        """
        digest = hashlib.sha256(content).hexdigest()
        if self.sha256 not in (None, digest):
            raise UnreadableError("$", f"has the SHA-256 {digest}, which is not the one that the settings pin")
        read = read_list(content)
        if self.version not in (None, read.version):
            raise UnreadableError("$.version", f"is {read.version}, but the settings pin {self.version}")
        return read


def _table(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


Lists = tuple[Annotated[ListSource, BeforeValidator(_table)], ...]


def read_beside(source: ListSource, folder: Path) -> TokenList | str:
    """Read a file that the settings name, or the list that ships; where it cannot be used, say why."""
    path = _SHIPPED if source.file == WELL_KNOWN else folder / source.file
    try:
        return source.check(_bytes(path))
    except OSError as error:
        return f"cannot be read ({error.strerror}); paths are relative to the settings"
    except UnreadableError as error:
        return f"is no token list by the Uniswap standard: {error}"


def read_fetched(source: ListSource, folder: Path | None) -> TokenList | str:
    """Read what was fetched from an address before; where that is not there or not what is pinned, say so."""
    if folder is None:
        return "has no folder to be kept in"
    path = source.kept_in(folder)
    try:
        content = _bytes(path)
        if path.name not in (source.kept_as, kept_name(source.kept_as, content)):
            return f"was fetched, but {path} is damaged"
        return source.check(content)
    except OSError:
        return "was not fetched yet"
    except UnreadableError as error:
        return f"was fetched, but {error}"


def asset_ids(tokens: Mapping[str, tuple[Token, ...]]) -> Iterator[str]:
    """Give the tokens of each chain as CAIP-19 types."""
    return (caip.erc20(chain_id, token.address) for chain_id, named in tokens.items() for token in named)


@cache
def well_known() -> frozenset[str]:
    """Give the tokens of the list that ships as CAIP-19 types."""
    return frozenset(asset_ids(listed([ListSource(file=WELL_KNOWN).check(_bytes(_SHIPPED))])))


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def listed(lists: Iterable[TokenList]) -> dict[str, tuple[Token, ...]]:
    """Join lists by CAIP-2 chain; where several name a token, the first one describes it."""
    found: dict[str, dict[str, Token]] = {}
    for one in lists:
        for chain_id, token in one.tokens:
            found.setdefault(chain_id, {}).setdefault(token.address, token)
    return {chain: tuple(tokens.values()) for chain, tokens in found.items()}


def faults_of(lists: Mapping[str, TokenList], chain_id: str | None) -> Iterator[str]:
    """Say of the lists, by name, what is wrong with tokens of a chain, or of one that nobody knows; None: of all."""
    for name, one in lists.items():
        for fault in one.faults:
            if chain_id is None or fault.chain_id in (None, chain_id):
                yield f"{name} {fault.where} {fault.why}"
