"""Whether a node had the state of the block that it answered for, by what its own answers show.

A node without the state answers many questions with nothing (`0x`, `0x0`, a number 0) instead of an error. An answer of
nothing counts only where the same conversation shows the state of that block. Pure: exchanges in, a reason out.
"""

from collections.abc import Iterator, Sequence

from dagster_project.errors import UnreadableError
from dagster_project.model import Reason
from dagster_project.normalise import onchain_abi as abi
from dagster_project.normalise.onchain_question import Question
from dagster_project.normalise.onchain_rpc import Header, OtherBlockError

Result = tuple[abi.Call, tuple[bool, bytes]]
"""A call within a call, whether it went well, and what it returned."""

_ENVIRONMENT = frozenset({abi.BLOCK_TIMESTAMP, abi.BLOCK_NUMBER, abi.TOTAL_SUPPLY})
_FEW = 2
"""From so many contracts on that have code and return nothing, the fault is the node's."""


def proof_calls(question: Question) -> list[abi.Call]:
    """Give the calls that go in front of others in one request, and show of which block and state its answer is."""
    multicall, proof = str(question.multicall), question.proof
    calls = [(multicall, abi.BLOCK_TIMESTAMP)]
    if proof is None:
        return calls
    if proof.is_number_own:
        calls.append((multicall, abi.BLOCK_NUMBER))
    if proof.supplied is not None:
        calls.append((proof.supplied.address, abi.TOTAL_SUPPLY))
    return calls


def is_proof(call: abi.Call) -> bool:
    """Tell whether a call is one of those in front."""
    return call[1] in _ENVIRONMENT


def pruned(words: str) -> UnreadableError:
    """Give the error of a node that has no state of the block."""
    return UnreadableError("$.result", words, Reason.STATE_PRUNED)


def is_nothing(text: str) -> bool:
    """Tell whether hexadecimal digits are none, or zeros alone."""
    return not text.removeprefix("0x").strip("0")


class Evidence:
    """What one node has shown of the state of a block, and which of its answers wait for a proof.

    Answers of one request are of one state; answers of several requests may be of several machines behind one address.
    """

    def __init__(self, question: Question) -> None:
        """Begin with nothing shown."""
        self._question = question
        self._has_many = False
        self._has_code = self._has_token = self._has_coin = False
        self._waits_many = self._waits_token = self._waits_coin = False
        self._is_contradicted = False
        self._silent: set[str] = set()
        self._is_number: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Tell whether an answer of nothing still waits for a proof."""
        if self._question.proof is None or self._has_code:
            return self._is_contradicted
        is_coin_open = self._waits_coin and not (self._has_token or self._has_coin)
        return self._waits_many or (self._waits_token and not self._has_token) or is_coin_open

    def witness(self, block: Header | None) -> str | None:
        """Give the contract whose code proves the state of a block; None where none is known."""
        question = self._question
        if question.proof is None or block is None:
            return None
        is_deployed = 0 < question.multicall_from <= block.number
        if question.multicall is not None and (is_deployed or self._has_many):
            return question.multicall
        known = (one.address for one in question.proof.coded if one.since <= block.number)
        return next(known, question.multicall)

    def take_empty(self, block: Header | None) -> None:
        """Take in that Multicall3 returned nothing.

        Raises:
            UnreadableError: it has been deployed before the block, so the state is not there.
        """
        question = self._question
        if question.proof is None or block is None or not question.multicall_from:
            return
        if block.number >= question.multicall_from or self._has_many:
            first = question.multicall_from
            raise pruned(f"Multicall3, there from block {first} on, returns nothing at block {block.number}")

    def take_many(self, results: Sequence[Result], block: Header | None) -> None:
        """Take in what Multicall3 returned, one result a call.

        Raises:
            UnreadableError: it is of another block, or the state of the block is not there.
        """
        question = self._question
        if block is None:
            return
        _check_block(results, question, block)
        if question.proof is None:
            return
        self._has_many = True
        holdings = [(call, got) for call, (went_well, got) in results if went_well and call[1].startswith(abi.HOLDINGS)]
        if any(call[0] == question.multicall and len(got) < 32 for call, got in holdings):
            raise pruned(f"Multicall3 gives no balances at block {block.number}")
        self._note_silent(holdings)
        has_supply = _has_supply(results, question, block)
        has_balance = any(abi.is_balance(call[1]) and abi.number(got) for call, got in holdings)
        if not (has_supply or has_balance):
            self._waits_many = self._waits_many or any(not abi.number(got) for _, got in holdings)

    def take_call(self, call: abi.Call, got: bytes) -> None:
        """Take in what a contract returned to a call by itself."""
        if not call[1].startswith(abi.HOLDINGS):
            return
        self._note_silent([(call, got)])
        if not abi.number(got):
            self._waits_token = True
        elif abi.is_balance(call[1]):
            self._has_token = True

    def take_balance(self, amount: int) -> None:
        """Take in what somebody has of the native coin."""
        self._has_coin = self._has_coin or amount > 0
        self._waits_coin = self._waits_coin or amount == 0

    def take_code(self, address: str, block: Header | None, *, is_there: bool) -> None:
        """Take in whether there is code at an address.

        Raises:
            UnreadableError: none is where it must be, or contracts that have code return nothing; the state is gone.
        """
        if self._question.proof is None or block is None:
            return
        if not is_there:
            if self.is_open and address == self.witness(block):
                raise pruned(f"it has no code of {address} at block {block.number}")
            return
        self._has_code = True
        if len(self._silent) >= _FEW and not self._is_number and address in self._silent:
            self._is_contradicted = True
            raise pruned(f"{len(self._silent)} contracts return nothing at block {block.number}, {address} has code")

    def _note_silent(self, holdings: Sequence[tuple[abi.Call, bytes]]) -> None:
        for (target, _), got in holdings:
            if target != self._question.multicall:
                (self._is_number if len(got) >= 32 else self._silent).add(target)


def _check_block(results: Sequence[Result], question: Question, block: Header) -> None:
    """Hold the time and number that the contract saw against the block's."""
    proof = question.proof
    stamps = [abi.number(got) for call, (_, got) in results if call[1] == abi.BLOCK_TIMESTAMP]
    if proof is not None and None in stamps:
        raise pruned(f"Multicall3 does not give the time of block {block.number}")
    for stamp in stamps:
        if stamp is not None and stamp != block.made_at:
            why = f"was answered at Unix second {stamp}, but block {block.number} is of {block.made_at}"
            raise OtherBlockError("$.result", why)
    if proof is None or not proof.is_number_own:
        return
    for number in _numbers(results, abi.BLOCK_NUMBER):
        if number is not None and number != block.number:
            why = f"was answered at block {number}, but block {block.number} was asked for"
            raise OtherBlockError("$.result", why)


def _has_supply(results: Sequence[Result], question: Question, block: Header) -> bool:
    """Tell whether the token that must have a supply has one; no number at all proves nothing in either direction.

    Raises:
        UnreadableError: its supply is 0, so its storage is not there.
    """
    supplied = question.proof.supplied if question.proof else None
    for supply in _numbers(results, abi.TOTAL_SUPPLY):
        if supply:
            return True
        if supply == 0 and supplied is not None and block.number >= supplied.since:
            raise pruned(f"{supplied.address} has no supply at block {block.number}")
    return False


def _numbers(results: Sequence[Result], asked: str) -> Iterator[int | None]:
    return (abi.number(got) for call, (went_well, got) in results if call[1] == asked and went_well)
