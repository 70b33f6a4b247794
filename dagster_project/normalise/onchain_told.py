"""What a conversation with nodes has told so far: headers, answers call by call, code, prices, and every trouble.

Read by the source to know what is still to be asked, and by the normaliser to say what it all means: one reading of the
exchanges, so that both can only agree. What one node said is forgotten when another is asked: no answer mixes two.
"""

from collections.abc import Iterable

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.model import Reason
from dagster_project.normalise import onchain_abi as abi
from dagster_project.normalise.onchain_logs import Arrivals
from dagster_project.normalise.onchain_price_reports import PriceReports
from dagster_project.normalise.onchain_proof import Evidence, is_nothing, is_proof, pruned
from dagster_project.normalise.onchain_question import Item, Line, Question, Token, items, items_of
from dagster_project.normalise.onchain_rpc import (
    Header,
    OtherBlockError,
    Reply,
    asked_of,
    data,
    header,
    quantity,
    read_reply,
)
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.normalise.transcript import Exchange

_CUT_SHORT = Reason.INTERRUPTED, "the conversation was cut short; the next run asks again"


def behind(head: Header) -> str:
    """Say of a node that its latest block does not prove which block stands for the instant."""
    return f"its latest block {head.number} is not behind the instant yet, the next run asks again"


class Told(PriceReports):
    """Everything that was heard about one question."""

    def __init__(self, question: Question) -> None:
        """Nothing was heard yet."""
        super().__init__(question)
        self.troubles: dict[Line, tuple[Reason, str]] = {}
        self._ask(None)

    def _ask(self, line: Line | None) -> None:
        """Begin anew with another node."""
        if line is not None:
            self.troubles[line] = _CUT_SHORT
        self.line = line
        self.items = items(self.question)
        self.arrivals = Arrivals()
        self.too_large = 0
        self.headers: dict[int, Header] = {}
        self.head: Header | None = None
        self.answers: dict[abi.Call, bytes | None] = {}
        self.balances: dict[str, int] = {}
        self.has_code: dict[str, bool] = {}
        self.absent: set[int] = set()
        self.evidence = Evidence(self.question)

    def hear(self, exchange: Exchange) -> Reply:
        """Take one exchange in; what is no answer of the contract's form is trouble with this node, and no error.

        Raises:
            UnreadableError: the request itself is none that the source makes.
        """
        if not exchange.content:
            return self.hear_prices(exchange)
        line = Line(exchange.address, exchange.path)
        if line != self.line:
            self._ask(line)
        reply = read_reply(exchange)
        method, params = asked_of(exchange.content)
        try:
            self._take(method, params, reply)
        except (IndexError, KeyError, ValueError) as error:
            raise UnreadableError("$", "holds a request that is none of ours") from error
        except UnreadableError as error:
            trouble = Trouble.OTHER_BLOCK if isinstance(error, OtherBlockError) else Trouble.UNUSABLE
            reply = Reply(trouble=trouble, reason=Reason(error.reason), words=f"{method}: {error}")
        self.troubles[line] = self._trouble(reply) or _CUT_SHORT
        return reply

    def _trouble(self, reply: Reply) -> tuple[Reason, str] | None:
        """Say why this node would be of no use, if what it told last were its last word."""
        head, at, block = self.head, self.question.as_of, self.question.block
        if reply.trouble is not None:
            return reply.reason, reply.words
        if block is not None and block not in self.headers:
            return Reason.NOT_FOUND, f"it knows no block {block}"
        if head is not None and head.made_at <= at:
            return Reason.NOT_POINT_IN_TIME, behind(head)
        if head is not None and any(number <= head.number for number in self.absent):
            return Reason.NODE_BEHIND, f"it has no header of block {min(self.absent)}"
        if 0 in self.headers and self.headers[0].made_at > at:
            return Reason.NOT_POINT_IN_TIME, "the chain begins after the instant"
        return self._unproven()

    def _unproven(self) -> tuple[Reason, str] | None:
        state = self.block()
        if state is None or not self.evidence.is_open or self.witness() is not None:
            return None
        return Reason.STATE_PRUNED, f"nothing proves that it has the state of block {state.number}"

    def _take(self, method: str, params: list[object], reply: Reply) -> None:
        if method == "eth_call":
            self._take_call(params[0], reply)
        elif method == "eth_getLogs":
            self.items += items_of(self.question, self.arrivals.take(params[0], reply, self.question))
        elif reply.result is None:
            return
        elif method == "eth_chainId":
            self._take_chain(quantity(reply.result))
        elif method == "eth_getBlockByNumber":
            self._take_header(header(reply.result), str(params[0]))
        elif method == "eth_getBalance":
            self._take_balance(str(params[0]), reply.result)
        elif method == "eth_getCode":
            self._take_code(str(params[0]), reply.result)

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Give the tokens that are asked for: those of the question, and those of which logs told."""
        return (*self.question.tokens, *self.arrivals.tokens)

    def _take_chain(self, number: int) -> None:
        if number != self.question.chain:
            why = f"is {number}, but {self.question.chain} is asked for; mend the endpoints in the settings"
            raise UnreadableError("$.result", why, Reason.WRONG_CHAIN)

    def _take_header(self, found: Header | None, asked: str) -> None:
        if found is None:
            self.absent |= set() if asked == "latest" else {int(asked, 16)}
            return
        if asked == "latest":
            self.head = found
        elif asked != hex(found.number):
            raise OtherBlockError("$.result.number", "is another block than the one asked for")
        self.headers[found.number] = found
        self.absent.discard(found.number)

    def _take_balance(self, holder: str, raw: msgspec.Raw) -> None:
        amount = 0 if self._is_nothing(raw) else quantity(raw)
        self.balances[holder] = amount
        self.evidence.take_balance(amount)

    def _take_code(self, address: str, raw: msgspec.Raw) -> None:
        is_there = not self._is_nothing(raw) and data(raw) != "0x"
        self.has_code[address] = is_there
        self.evidence.take_code(address, self.block(), is_there=is_there)

    def _is_nothing(self, raw: msgspec.Raw) -> bool:
        """Tell whether a result is `0x` or zeros alone, in whatever length."""
        text = bytes(raw)
        is_text = text.startswith(b'"0x') and text.isascii()
        return self.question.proof is not None and is_text and is_nothing(text.decode().strip('"'))

    def _take_call(self, call: object, reply: Reply) -> None:
        if not isinstance(call, dict):
            raise UnreadableError("$", "no call stands in the request")
        target, sent = str(call["to"]), str(call["data"])
        returned = None if reply.result is None else self._returned(reply.result)
        is_many = sent.startswith(f"0x{abi.AGGREGATE3.hex()}")
        calls = [one for one in abi.calls_in(sent) if not is_proof(one)] if is_many else [(target, sent)]
        if returned is None:
            if len(calls) == 1 and self._is_refused_by_contract(calls[0], reply):
                self.answers[calls[0]] = None
                self.too_large += reply.trouble is Trouble.TOO_LARGE
        elif not is_many:
            got = bytes.fromhex(returned[2:])
            self.answers[target, sent] = got
            self.evidence.take_call((target, sent), got)
        elif returned == "0x":  # nothing comes back from where there is no contract yet
            self.evidence.take_empty(self.block())
        else:
            self._take_many(abi.calls_in(sent), returned)

    def _returned(self, raw: msgspec.Raw) -> str:
        """Give the bytes that a call returned; an odd number of zeros is nothing in the form of another method."""
        text = bytes(raw).decode("ascii", "replace").strip('"')
        return "0x" if self._is_nothing(raw) and len(text) % 2 else data(raw)

    def _is_refused_by_contract(self, call: abi.Call, reply: Reply) -> bool:
        """Tell whether it is a token alone that gives no answer: it reverts, or takes more than a node will spend."""
        is_token = call[0] != self.question.multicall
        return is_token and reply.trouble in (Trouble.REVERTED, Trouble.TOO_LARGE)

    def _take_many(self, calls: tuple[abi.Call, ...], returned: str) -> None:
        if self.question.proof is not None and is_nothing(returned):
            raise pruned("Multicall3 returns nothing but zeros")
        try:
            results = abi.results(returned)
        except ValueError as error:
            raise UnreadableError("$.result", str(error)) from error
        if len(results) != len(calls):
            raise UnreadableError("$.result", f"answers {len(results)} calls, but {len(calls)} were made")
        told = list(zip(calls, results, strict=True))
        self.evidence.take_many(told, self.block())
        self.answers |= {call: got if went_well else None for call, (went_well, got) in told if not is_proof(call)}

    def call_of(self, item: Item) -> abi.Call:
        """Give the call that tells an item."""
        if item.token is None:
            return self.question.multicall or "", abi.eth_balance(item.holder)
        if item.spender is None:
            return item.token, abi.balance_of(item.holder)
        return item.token, abi.allowance(item.holder, item.spender)

    def block(self) -> Header | None:
        """Give the block that stands for the instant, once it is proven: the next one is of a later time."""
        if self.question.block is not None:
            return self.headers.get(self.question.block)
        return next((one for one in self.headers.values() if self.is_last(one)), None)

    def is_last(self, block: Header) -> bool:
        """Tell whether a block is proven to be the last one at or before the instant: the next one is later."""
        following = self.headers.get(block.number + 1)
        return following is not None and block.made_at <= self.question.as_of < following.made_at

    def is_heard(self, item: Item) -> bool:
        """Tell whether an item was answered in whatever way."""
        if item.token is None and item.holder in self.balances:
            return True
        return self.call_of(item) in self.answers

    def is_whole(self) -> bool:
        """Tell whether nothing is left to ask of this node: all items, silent tokens' code, and missing decimals."""
        described = all((token.address, abi.DECIMALS) in self.answers for token in self.undescribed())
        return all(map(self.is_heard, self.items)) and not self.silent() and described and not self.evidence.is_open

    def witness(self) -> str | None:
        """Give the contract whose code has yet to be asked for as a proof of the state; None where none can be."""
        address = self.evidence.witness(self.block()) if self.evidence.is_open else None
        return None if address in self.has_code else address

    def amount(self, item: Item) -> int | None:
        """Give what an item's answer says; None where the contract answers nothing that is a number."""
        if item.token is None and item.holder in self.balances:
            return self.balances[item.holder]
        got = self.answers.get(self.call_of(item))
        if got == b"" and item.token is not None and self.has_code.get(item.token) is False:
            return 0  # there is no contract at this block, so nobody holds anything of it
        return None if got is None else abi.number(got)

    def silent(self) -> list[str]:
        """List tokens that answered nothing at all: only their code tells whether they are there at this block."""
        silent = {item.token for item in self.items if item.token and self.answers.get(self.call_of(item)) == b""}
        return sorted(token for token in silent if token not in self.has_code)

    def held(self) -> list[str | None]:
        """List what somebody holds, the native coin as None."""
        return list(dict.fromkeys(item.token for item in self.items if item.spender is None and self.amount(item)))

    def undescribed(self) -> list[Token]:
        """List tokens that somebody holds or may take and whose contracts are to be asked for their decimals."""
        needed = {item.token for item in self.items if self.amount(item)}
        checked = self.question.checks_decimals
        return [one for one in self.tokens if one.address in needed and (checked or one.decimals is None)]


def tell(question: Question, exchanges: Iterable[Exchange]) -> Told:
    """Take a whole conversation in."""
    told = Told(question)
    for exchange in exchanges:
        told.hear(exchange)
    return told
