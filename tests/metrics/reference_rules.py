"""How what moved in a step is divided into income, fees and flow by the rules of docs/metrics.md, in plain Python.

Decided over the whole portfolio. Quantities are doubles here, as in the file; booked values stay decimals.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from tests.metrics.reference_accrual import OfGroup, Together, accrue, rate
from tests.metrics.reference_moves import MAX_APR, NEAR, YEAR, ZERO, Claim, Move, Place, Step, booked

POOL_WIDTH = 0.1
MOST_LOSS = 0.2


def divide(moves: Sequence[Move]) -> list[Claim]:
    """Divide what each row moved into accrual, fee and flow; gives the claims, which are rows of their own."""
    rewards = [move for move in moves if move.place.layer == "reward"]
    held = [move for move in moves if move.place.layer != "reward"]
    claims = list(_claims(rewards, held))
    _trade(held)
    groups: dict[OfGroup, list[Move]] = defaultdict(list)
    for move in held:
        if not move.is_traded:
            groups[move.of_group].append(move)
    claimed: dict[OfGroup, float] = defaultdict(float)
    for claim in claims:
        claimed[claim.move.of_group] += claim.quantity
    together = {key: Together(key, of_group, claimed[key]) for key, of_group in groups.items()}
    rate(held, together)
    accrue(together)
    for move in held:
        if move.is_traded:
            move.accrual = move.rest
        move.flow = move.rest - move.accrual
    _liquidate(held)
    _rename(held)
    _rest(held, claims)
    return claims


def _claims(rewards: Sequence[Move], held: Sequence[Move]) -> Iterator[Claim]:
    fallen = [move for move in rewards if move.has_moved and move.moved < 0]
    for move in fallen:
        grown = 0.0
        if move.earlier is not None:
            quantity, at = move.earlier
            grown = max(move.held - quantity, 0.0) * (move.at - move.since).total_seconds()
            grown /= (move.since - at).total_seconds()
        fell = -move.moved
        alone = sum(other.of_group == move.of_group for other in fallen) == 1
        beside = [other.moved for other in held if other.of_group == move.of_group]
        arrived = math.fsum(beside)
        has_arrived = alone and bool(beside) and fell * (1 - NEAR) <= arrived <= (fell + 4 * grown) * (1 + NEAR)
        quantity = arrived if has_arrived else fell + grown
        price = move.closing_price if move.closing_price is not None else move.opening_price
        if price is not None and booked(quantity * price):
            yield Claim(move, quantity, booked(quantity * price), ZERO if has_arrived else booked(grown * price))


def _trade(held: Sequence[Move]) -> None:
    """Mark the two legs of each pool that traded one for the other."""
    positions: dict[tuple[Place, Step], list[Move]] = defaultdict(list)
    for move in held:
        if move.place.layer == "position" and move.has_moved:
            positions[move.place._replace(asset=""), move.step].append(move)
    for legs in positions.values():
        if len(legs) != 2:
            continue
        one, other = sorted(legs, key=lambda leg: leg.place.asset)
        if one.moved * other.moved >= 0 or not one.closing_price or not other.closing_price:
            continue
        first = last = one.closing_price / other.closing_price
        if one.opening_price is not None and other.opening_price:
            first = one.opening_price / other.opening_price
        traded = -other.moved / one.moved
        if (1 - POOL_WIDTH) * min(first, last) <= traded <= (1 + POOL_WIDTH) * max(first, last):
            one.is_traded = other.is_traded = True


def _liquidate(held: Sequence[Move]) -> None:
    """Book a liquidation: collateral fell by more than the debt, nothing opposite moved; the difference is a fee."""
    markets: dict[tuple[Step, str, str], list[Move]] = defaultdict(list)
    for move in held:
        if move.protocol is not None:
            markets[move.step, move.place.chain, move.protocol].append(move)
    lost: list[tuple[list[Move], Decimal, Decimal, bool]] = []
    for (step, _, _), moves in markets.items():
        collateral = [move for move in moves if move.place.layer == "position"]
        debts = [move for move in moves if move.place.layer == "debt"]
        fell, paid = (sum((move.flow for move in side), ZERO) for side in (collateral, debts))
        net = fell + paid
        if not (fell < 0 < paid and net < 0):
            continue
        wallet = [move for move in held if move.step == step and move.place.layer == "wallet"]
        given = {move.group for move in collateral if move.flow < 0}
        owed = {move.group for move in debts if move.flow > 0}
        is_opposed = any(
            (move.flow > 0 and move.group in given) or (move.flow < 0 and move.group in owed) for move in wallet
        )
        beside = sum((move.flow for move in wallet), ZERO)
        if is_opposed or Decimal("-0.5") * net <= beside <= Decimal("-1.5") * net:
            continue
        lost.append((collateral, fell, net, -net <= Decimal(str(MOST_LOSS)) * paid))
    for collateral, fell, net, is_loss in lost:
        for move in collateral:
            part = float(move.flow) / float(fell)
            move.ambiguous += booked(float(-net) * part)
            if is_loss:
                move.fee = booked(float(net) * part)
                move.flow -= move.fee


def _rename(held: Sequence[Move]) -> None:
    """Book a redenomination as price: quantity and price changed inversely, and nothing opposite moved."""
    steps: dict[Step, list[Decimal]] = defaultdict(list)
    for move in held:
        steps[move.step].append(move.rest - move.accrual)
    for move in held:
        first, last = move.worth
        usable = move.was_there and move.is_there and move.has_moved and not move.is_traded
        if not (usable and first and move.closing_price and move.opening_price):
            continue
        leap = abs(math.log(move.closing_price / move.opening_price))
        moved = move.rest - move.accrual
        opposite = sum((abs(one) for one in steps[move.step] if one * moved < 0), ZERO)
        if leap >= math.log(1.5) and 0.8 <= last / first <= 1.25 and opposite < abs(moved) / 2:
            move.price += moved
            move.flow, move.ambiguous = ZERO, abs(moved)


def _rest(held: Sequence[Move], claims: Sequence[Claim]) -> None:
    """Report as ambiguous what a position that did not grow may have paid into the wallet."""
    steps: dict[Step, list[Move]] = defaultdict(list)
    for move in held:
        steps[move.step].append(move)
    claimed: dict[Step, Decimal] = defaultdict(Decimal)
    for claim in claims:
        claimed[claim.move.step] += claim.usd
    for step, moves in steps.items():
        _, since, at = step
        resting = [move for move in moves if move.place.layer == "position" and move.held > 0 and not move.has_moved]
        came = sum((move.rest - move.accrual for move in moves), -claimed[step])
        if not resting or came <= 0:
            continue
        rate = (1 + MAX_APR) ** ((at - since) / YEAR) - 1
        paid = math.fsum(move.held * move.closing_price * rate for move in resting if move.closing_price is not None)
        first = max(resting, key=lambda move: move.worth[0])
        first.ambiguous += booked(min(paid, float(came)))
