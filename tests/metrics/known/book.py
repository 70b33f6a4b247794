"""Value objects for histories with a known answer: what a wallet holds at each step, and what really happened.

A case says what is held, what came from outside or went there, and what was earned or lost. Its price part needs no
word: quantity held before x change of price. A test holds each case against itself: its parts add up to its change.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Token:
    """Whole units at a price in US dollars; a price of None is a token that nobody prices."""

    symbol: str
    amount: float
    price: float | None
    address: str
    decimals: int = 18
    chain: int = 1

    @property
    def value(self) -> float:
        """US dollars, 0 without a price."""
        return self.amount * self.price if self.price else 0.0


@dataclass(frozen=True)
class Position:
    """Legs of one protocol position; sign -1 is a debt. Rewards are unclaimed and no part of the value."""

    name: str
    legs: Sequence[Token]
    sign: int = 1
    rewards: Sequence[Token] = ()
    kind: str = "lending"


Held = tuple[Sequence[Token], Sequence[Position]] | None
"""Tokens and positions; None is a provider that fails."""

ByStep = Mapping[int, float]
"""US dollars by the step that ends there."""


@dataclass(frozen=True)
class Case:
    """One wallet.

    `flows`: from outside (+) or to outside (-). `accrual`, `claims`, `fees` (below zero): what was earned or lost.
    `price`: the price part where it is not quantity x change of price. `other_accruals`: what snapshots cannot tell
    from `accrual`; the answer may be any of them, and `ambiguous_usd` is at least their spread.
    """

    name: str
    says: str
    held: Callable[[int], Held]
    flows: ByStep = field(default_factory=dict)
    accrual: ByStep = field(default_factory=dict)
    claims: ByStep = field(default_factory=dict)
    fees: ByStep = field(default_factory=dict)
    price: ByStep = field(default_factory=dict)
    other_accruals: Sequence[ByStep] = ()
    groups: Sequence[str] = ()
    rules: Sequence[str] = ()
    drawdown: float | None = None
    unknown: frozenset[int] = frozenset()
    """Steps at which no total may be given."""

    def value(self, step: int) -> float:
        """Give the value of everything that is held, debts below zero."""
        held = self.held(step)
        assert held is not None, f"{self.name}: no value at {step}"
        return sum(one.value for one in held[0]) + sum(p.sign * leg.value for p in held[1] for leg in p.legs)

    def times(self, factor: float) -> "Case":
        """Give the same with so many times each quantity."""

        def held(step: int) -> Held:
            own = self.held(step)
            if own is None:
                return None
            more = [replace(one, amount=factor * one.amount) for one in own[0]]
            return more, [
                replace(
                    one,
                    legs=[replace(leg, amount=factor * leg.amount) for leg in one.legs],
                    rewards=[replace(reward, amount=factor * reward.amount) for reward in one.rewards],
                )
                for one in own[1]
            ]

        return replace(self, held=held)

    def seen(self, often: int) -> "Case":
        """Give the same seen so often in each step: nothing happens but at the steps themselves."""
        return replace(self, held=lambda step: self.held(step // often))

    def price_part(self, before: int, step: int) -> float:
        """Give what prices made of what was held before."""
        if step in self.price:
            return self.price[step]
        first, last = self.held(before), self.held(step)
        assert first is not None
        assert last is not None
        known = {one.address: one.price for one in _all(last)}
        old = {**{one.address: one.price for one in _all(first)}}
        held = [(1, one) for one in first[0]] + [(p.sign, leg) for p in first[1] for leg in p.legs]
        return sum(
            sign * one.amount * ((known.get(one.address) or old[one.address] or 0.0) - (one.price or 0.0))
            for sign, one in held
            if one.price is not None
        )


def _all(held: tuple[Sequence[Token], Sequence[Position]]) -> list[Token]:
    return [*held[0], *(leg for one in held[1] for leg in one.legs)]


def address(number: int) -> str:
    """Give a made-up contract address."""
    return f"0x{0xC0DE000 + number:040x}"


USDC = address(1)
WETH = address(2)
NATIVE = "0x" + "e" * 40
SAME_AS_ETHER = f'id = "eip155:1/erc20:{WETH}"\nsame_as = "eip155:1/slip44:60"'


def usdc(amount: float = 100.0, chain: int = 1) -> Token:
    """So many dollars."""
    return Token("USDC", amount, 1.0, USDC, 6, chain)


def ether(amount: float, price: float = 2000.0) -> Token:
    """So much ether."""
    return Token("ETH", amount, price, NATIVE)


def weth(amount: float, price: float = 2000.0) -> Token:
    """So much wrapped ether."""
    return Token("WETH", amount, price, WETH)


def coin(number: int, amount: float, price: float | None) -> Token:
    """So much of a coin that is this case's own."""
    return Token(f"C{number}", amount, price, address(number))


def supplied(name: str, *legs: Token, rewards: Sequence[Token] = (), kind: str = "lending") -> Position:
    """So much lies in a protocol."""
    return Position(name, legs, 1, rewards, kind)


def owed(name: str, *legs: Token) -> Position:
    """So much is owed to a protocol."""
    return Position(name, legs, -1)


def rebasing(number: int) -> str:
    """Give the rule that a coin's amount grows by itself."""
    return f'id = "eip155:1/erc20:{address(number)}"\nrebasing = true'
