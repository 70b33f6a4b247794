"""On-chain: any EVM chain answers for itself, at the block of any past instant, without a key; prices by DefiLlama.

What is asked for only; how the conversation goes is onchain_talk.py, what it means normalise/onchain.py, limits and
quirks are docs/sources/onchain.md.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from dagster_project.chains import is_native
from dagster_project.errors import UsageError
from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, ProviderPlan, Pull, Request
from dagster_project.normalise import onchain_question
from dagster_project.normalise.onchain import PRICES_LATER
from dagster_project.normalise.onchain_question import PRICES_A_REQUEST, Line, Prices, Token
from dagster_project.normalise.onchain_question import Question as Asked
from dagster_project.normalise.token_list import TokenList
from dagster_project.sources import named, onchain_lists
from dagster_project.sources.address import plain_address
from dagster_project.sources.onchain_chains import FACTS
from dagster_project.sources.onchain_lists import Lists, ListSource
from dagster_project.sources.onchain_memory import Memory
from dagster_project.sources.onchain_pricing import count_together
from dagster_project.sources.onchain_probe import probes
from dagster_project.sources.onchain_talk import converse
from dagster_project.sources.onchain_witnesses import PROOFS
from dagster_project.sources.source import Address, Options, Question, RemoteFile, Source

WALLET = Endpoint("wallet", Capability.TIMESTAMP, (Layer.WALLET,), frozenset(FACTS))

MOST_LIST_FAULTS = 20
"""Faults of token lists that are named with each pull of a chain; the others are counted."""

BACK_OFF = 1.0
"""Seconds after which a node that was asked too fast is asked again; then twice as long, and twice that."""

NODE_PACE = 5.0
"""Requests a second to one public node, where the settings say nothing; few of them publish a limit."""


def _chain(chain_id: str) -> str:
    if chain_id not in FACTS:
        raise ValueError(f"is no chain of this source; known: {', '.join(FACTS)}")
    return chain_id


def _token(asset_id: str) -> str:
    return named.token(asset_id, FACTS, "this source")


def _table(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


class Node(BaseModel):
    """One node of a chain: its address, and the variable that holds its key, sent as a bearer token if there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(plain_address)]
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = ""
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = NODE_PACE


Nodes = tuple[Annotated[Node, BeforeValidator(_table)], ...]


class OnchainOptions(Options):
    """Which nodes are asked for which tokens; a chain without nodes of its own is asked at the public ones.

    `known_tokens` asks for what other providers were answered to be held as well, `head_wait_seconds` is for how long
    after an instant a chain's next block is waited for.
    """

    endpoints: dict[Annotated[str, AfterValidator(_chain)], Nodes] = Field(default_factory=dict)
    tokens: tuple[Annotated[str, AfterValidator(_token)], ...] = ()
    token_lists: Lists = ()
    known_tokens: bool = True
    spenders: tuple[Annotated[str, AfterValidator(named.spender)], ...] = ()
    prices: Literal["defillama", "others"] = "defillama"
    chunk: Annotated[int, Field(ge=1, le=1000)] = 200
    log_blocks: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    head_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 120
    _lists: dict[str, TokenList] = PrivateAttr(default_factory=dict)
    _listed: dict[str, tuple[Token, ...]] = PrivateAttr(default_factory=dict)
    _missing: dict[str, str] = PrivateAttr(default_factory=dict)

    def read_beside(self, folder: Path, fetched: Path | None) -> Self:
        """Read the token lists: those of paths relative to the settings' folder, and those that were fetched before.

        One that cannot be used is no fault of the settings, but nothing is asked without it.
        """
        found = {
            source: onchain_lists.read_fetched(source, fetched)
            if source.url
            else onchain_lists.read_beside(source, folder)
            for source in self.token_lists
        }
        good = {source.name: one for source, one in found.items() if not isinstance(one, str)}
        read = self.model_copy()
        read._lists = good  # noqa: SLF001 - its own, of the copy
        read._listed = onchain_lists.listed(good.values())  # noqa: SLF001 - as above
        read._missing = {source.name: why for source, why in found.items() if isinstance(why, str)}  # noqa: SLF001 - as above
        return read

    def remote_files(self) -> tuple[RemoteFile, ...]:
        """Give the token lists that the settings name by their address."""
        return tuple(
            RemoteFile(source.url, source.kept_as, partial(_described, source), self._missing.get(source.url, ""))
            for source in self.token_lists
            if source.url
        )

    def unusable(self) -> Iterator[str]:
        """Say of each list that cannot be used why, and what to do."""
        for source in self.token_lists:
            if why := self._missing.get(source.name):
                remedy = "run `portfolio tokens`, which fetches it" if source.url else "correct it, or take it out"
                yield f"the token list {'at ' if source.url else ''}{source.name} {why}; {remedy}"

    def faults(self, chain_id: str) -> tuple[str, ...]:
        """Say what is wrong with tokens of a chain that the lists name: the first few, and how many more."""
        found = list(onchain_lists.faults_of(self._lists, chain_id))
        further = len(found) - MOST_LIST_FAULTS
        more = (f"{further} more tokens of the lists have faults",) if further > 0 else ()
        return (*found[:MOST_LIST_FAULTS], *more)

    def notes(self) -> tuple[str, ...]:
        """Say what is wrong with tokens of the lists; a list that cannot be used stops the plan."""
        return tuple(onchain_lists.faults_of(self._lists, None))

    def listed(self, chain_id: str) -> tuple[Token, ...]:
        """Give the tokens of a chain that the lists name."""
        return self._listed.get(chain_id, ())

    def listed_assets(self) -> Iterable[str]:
        """Give the tokens that the settings name, and those of the token lists."""
        return (*self.tokens, *onchain_lists.asset_ids(self._listed))

    def addresses(self) -> tuple[Address, ...]:
        """Give the nodes that the settings name."""
        nodes = [node for of_chain in self.endpoints.values() for node in of_chain]
        return tuple(Address(node.url, node.api_key_env, node.requests_per_second) for node in nodes)


def _described(source: ListSource, content: bytes) -> str:
    """Say what a fetched list is, and how it is pinned."""
    read, digest = source.check(content), hashlib.sha256(content).hexdigest()
    chains = len({chain_id for chain_id, _ in read.tokens})
    faults = f"{len(read.faults)} with a fault ({read.faults[0].where} {read.faults[0].why}); " if read.faults else ""
    return (
        f"{read.name} {read.version}, {len(read.tokens)} tokens on {chains} chains; "
        f'{faults}to pin it: {{ url = "{source.url}", sha256 = "{digest}" }}'
    )


def pulls(question: Question) -> Iterator[Pull]:
    """One conversation a chain, for all accounts on it.

    Raises:
        UsageError: a token list that the settings name cannot be used: nobody would miss its tokens.
    """
    options: OnchainOptions = question.options
    if unusable := list(options.unusable()):
        raise UsageError("\n  ".join(unusable))
    chain_ids = sorted({chain for account in question.accounts for chain in account.chains} & FACTS.keys())
    for chain_id in chain_ids:
        accounts = [account for account in question.accounts if chain_id in account.chains]
        asked = _asked(chain_id, accounts, question, options)
        yield Pull(
            provider="onchain",
            endpoint=WALLET.name,
            capability=WALLET.capability,
            pull_key=f"{WALLET.name}/{chain_id}",
            cells=tuple(Cell(account.account_id, chain_id, Layer.WALLET) for account in accounts),
            request=Request("", "", (), "POST", onchain_question.write(asked)),
            requests=onchain_question.count_requests(asked),
        )


def _asked(chain_id: str, accounts: Iterable[Account], question: Question, options: OnchainOptions) -> Asked:
    facts = FACTS[chain_id]
    return Asked(
        chain=int(chain_id.partition(":")[2]),
        as_of=int(question.as_of.timestamp()),
        lines=_lines(chain_id, options, is_simulated=question.is_simulated),
        accounts=tuple(account.address.lower() for account in accounts),
        tokens=tuple(_tokens(chain_id, options, question.assets)),
        spenders=options.spenders,
        chunk=options.chunk,
        block_seconds=facts.block_seconds,
        multicall=facts.multicall,
        multicall_from=facts.multicall_from,
        block=question.blocks.get(chain_id),
        prices=Prices("", facts.slug, facts.coin) if options.prices == "defillama" else None,
        log_blocks=options.log_blocks,
        proof=PROOFS[chain_id],
        head_wait=0 if question.is_simulated else options.head_wait_seconds,
        checks_decimals=True,
        back_off=0 if question.is_simulated else BACK_OFF,
        list_faults=options.faults(chain_id),
    )


def _lines(chain_id: str, options: OnchainOptions, *, is_simulated: bool) -> tuple[Line, ...]:
    if own := options.endpoints.get(chain_id):
        return tuple(Line(node.url) for node in own)
    if is_simulated:
        return (Line("", f"/rpc/{chain_id.partition(':')[2]}"),)
    return tuple(Line(url) for url in FACTS[chain_id].nodes)


def _tokens(chain_id: str, options: OnchainOptions, assets: Mapping[str, int | None]) -> Iterator[Token]:
    """Give each token once: those of the lists with what they say, then those of settings and of other answers.

    A contract that shows the native balance is left out: the native coin is asked for anyway.
    """
    tokens = {token.address: token for token in options.listed(chain_id) if not is_native(chain_id, token.address)}
    further = [*options.tokens, *(assets if options.known_tokens else ())]
    for asset_id in sorted(one for one in further if one.startswith(f"{chain_id}/erc20:")):
        address = asset_id.rpartition(":")[2]
        if is_native(chain_id, address):
            continue
        tokens.setdefault(address, Token(address, assets.get(asset_id)))
    yield from tokens.values()


def _addresses(options: Any, is_simulated: bool) -> list[Address]:  # noqa: ANN401, FBT001 - as Source declares it
    """Give every node that may be asked: those of the settings, and the public ones of other chains."""
    own: OnchainOptions = options
    public = () if is_simulated else (one for chain, one in FACTS.items() if not own.endpoints.get(chain))
    return [*own.addresses(), *(Address(url, "", NODE_PACE) for one in public for url in one.nodes)]


def _asked_at(pull: Pull, detail: str) -> tuple[str, ...]:
    """Name the nodes that were asked, or the price source where the balances came and the prices did not."""
    if PRICES_LATER in detail:
        return ("",)
    return tuple(line.address for line in onchain_question.read(pull.request.content).lines)


def _shared(pulls: Sequence[Pull], instants: int) -> int:
    """Say what a run saves by asking for the prices of many instants at once."""
    asked = [onchain_question.read(pull.request.content) for pull in pulls]
    coins = [onchain_question.count_coins(question) for question in asked if question.prices]
    if instants < 2:
        return 0
    return sum(-(-one // PRICES_A_REQUEST) for one in coins) * instants - count_together(coins, instants)


def _priced_by_others(plan: ProviderPlan) -> bool:
    return all(onchain_question.read(pull.request.content).prices is None for pull in plan.pulls)


SOURCE = Source(
    name="onchain",
    title="On-chain",
    vendor="onchain",
    base_url="https://coins.llama.fi",
    api_key_env=None,
    requests_per_second=2,
    monthly_quota=None,
    concurrency=4,
    health=Request("/prices/current/{coins}", "/prices/current/coingecko:ethereum"),
    endpoints=(WALLET,),
    authorise=lambda _: {},
    pulls=pulls,
    options=OnchainOptions,
    hint=(
        'token_lists = ["well-known"]             # a hundred tokens, asked for beside native coins; lists by the\n'
        "# Uniswap standard, as files or addresses, and single tokens name more: see docs/sources/onchain.md\n"
        '# tokens = ["eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"]\n'
        '# endpoints = {"eip155:1" = ["https://ethereum-rpc.publicnode.com"]}   # the past needs an archive node\n'
    ),
    is_unpriced=_priced_by_others,
    converse=converse,
    memory=Memory,
    addresses=_addresses,
    probes=probes,
    asked_at=_asked_at,
    warm_up=2,
    shared=_shared,
)
