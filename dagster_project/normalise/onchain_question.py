"""What is asked of one chain at one instant, as a plan keeps it: enough to lead the conversation, and to read it again.

No wire and no ABI; how the calls are put is onchain_abi.py.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec


class Token(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A token contract (lower case), and what a list says of it; decimals that nobody said are read on the chain."""

    address: str
    decimals: int | None = None
    symbol: str = ""
    name: str = ""


class Line(msgspec.Struct, frozen=True):
    """Where a node is reached: an address (empty for the provider's own) and a path below it."""

    address: str
    path: str = ""


class Prices(msgspec.Struct, frozen=True):
    """Where prices are asked for: `chain` is the source's name of the chain, `native` its id of the native coin."""

    path: str
    chain: str
    native: str


class Witness(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A contract (lower case) of which something is known from block `since` on."""

    address: str
    since: int = 0


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a node shows that it has the state of a block.

    `supplied` is a token whose supply is above zero from its block on; `coded` lists contracts that have code from
    theirs on. `is_number_own` says whether Multicall3 gives the chain's own block number; some chains give another's.
    """

    supplied: Witness | None = None
    coded: tuple[Witness, ...] = ()
    is_number_own: bool = True


class Question(msgspec.Struct, frozen=True):
    """One chain at one instant (Unix seconds), or at a block.

    `chunk` is how many calls go into one request, `block_seconds` about how often a block comes, `multicall` the
    contract that makes many calls in one and exists from block `multicall_from` on. No `prices`: others give them.
    `log_blocks` is how many blocks up to the instant's are looked through for further tokens that came in.
    Without a `proof` every answer is accepted, as the first version of this program did. `head_wait` is for how many
    seconds after the instant the chain's next block is waited for, `back_off` how many seconds a node that is asked too
    fast is left alone at first. `list_faults` say what is wrong with tokens of the
    lists that the settings name. `checks_decimals` asks the contract of every
    token that is held for its decimals, also where a list states them.
    """

    chain: int
    as_of: int
    lines: tuple[Line, ...]
    accounts: tuple[str, ...]
    tokens: tuple[Token, ...]
    spenders: tuple[str, ...]
    chunk: int
    block_seconds: float
    multicall: str | None = None
    multicall_from: int = 0
    block: int | None = None
    prices: Prices | None = None
    log_blocks: int = 0
    proof: Proof | None = None
    head_wait: int = 0
    back_off: float = 0.0
    list_faults: tuple[str, ...] = ()
    checks_decimals: bool = False

    @property
    def chain_id(self) -> str:
        """The CAIP-2 id."""
        return f"eip155:{self.chain}"


class Item(NamedTuple):
    """One thing to know: what `holder` has of a token (None: of the native coin), or what a spender may take of it."""

    holder: str
    token: str | None = None
    spender: str | None = None


@lru_cache(maxsize=1024)
def read(content: str) -> Question:
    """Read the question back from a plan's request; many of one run are alike but for the instant."""
    return msgspec.json.decode(content, type=Question)


def write(question: Question) -> str:
    """Write the question as the content of a plan's request."""
    return msgspec.json.encode(question).decode()


def items(question: Question) -> list[Item]:
    """List what is to be known: native coins first, then token by token for all accounts, then allowances."""
    return [Item(account) for account in question.accounts] + items_of(question, question.tokens)


def items_of(question: Question, tokens: Sequence[Token]) -> list[Item]:
    """List what is to be known of tokens."""
    held = [Item(account, token.address) for token in tokens for account in question.accounts]
    allowed = [
        Item(account, token.address, spender)
        for token in tokens
        for spender in question.spenders
        for account in question.accounts
    ]
    return held + allowed


def count_coins(question: Question) -> int:
    """Count what may have a price: the native coin and all tokens."""
    return len(question.tokens) + 1


def count_requests(question: Question) -> int:
    """Forecast the requests: two headers, calls by chunk, what tokens without decimals say of themselves, prices.

    Contracts that are asked to check a list's decimals mostly fit into the last request for balances.
    """
    calls = -(-len(items(question)) // question.chunk)
    described = -(-3 * sum(token.decimals is None for token in question.tokens) // question.chunk)
    priced = 0 if question.prices is None else -(-count_coins(question) // PRICES_A_REQUEST)
    headers = (2 if question.block is None else 1) + -(-question.log_blocks // LOG_RANGE)
    return headers + calls + described + priced


PRICES_A_REQUEST = 100
LOG_RANGE = 10_000
"""Blocks whose logs are asked for at once, until a node wants fewer."""
