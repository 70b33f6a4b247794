"""Describe a token by its contract and its list, hold its decimals against each other, and report what differs.

Pure. The contract decides; where it states none and list and price source differ, nobody knows how much is held.
"""

from collections.abc import Iterator, Mapping

from dagster_project.holdings import Figure
from dagster_project.normalise import onchain_abi as abi
from dagster_project.normalise.onchain_prices import Point
from dagster_project.normalise.onchain_question import Token

LISTED = "listed_decimals"
"""The figure with the decimals that a token list states though they are not those that count."""

PRICED = "price_source_decimals"
"""The figure with the decimals that the price source states though they are not those that count."""


Answers = Mapping[abi.Call, bytes | None]
"""What contracts returned, None where a call failed."""


def own_decimals(token: str, answers: Answers) -> int | None:
    """Give the decimals that a token's contract states, None where it states none."""
    got = answers.get((token, abi.DECIMALS))
    return None if got is None else abi.decimals(got)


def described(token: Token, answers: Answers) -> Token:
    """Give a token with the decimals of its contract, else of the list; its names are the list's if it has any."""
    own = own_decimals(token.address, answers)
    symbol, name = (abi.text(answers.get((token.address, one)) or b"") for one in (abi.SYMBOL, abi.NAME))
    decimals = token.decimals if own is None else own
    return Token(token.address, decimals, token.symbol or symbol or "", token.name or name or "")


def is_undecided(listed: Token, own: int | None, point: Point | None) -> bool:
    """Tell whether list and price source differ about a token whose contract states no decimals."""
    stated = _stated(point)
    return own is None and None not in (listed.decimals, stated) and listed.decimals != stated


def differences(asset_id: str, listed: Token, own: int | None, point: Point | None) -> Iterator[Figure]:
    """Give a figure for each that states other decimals than the contract; without a contract's word, than the list."""
    counted, by = (listed.decimals, "the token list has") if own is None else (own, "the contract has")
    if counted is None:
        return
    if listed.decimals is not None and listed.decimals != counted:
        yield Figure(asset_id, LISTED, float(listed.decimals), f"a token list has {listed.decimals}, {by} {counted}")
    stated = _stated(point)
    if stated is not None and stated != counted:
        yield Figure(asset_id, PRICED, float(stated), f"the price source has {stated}, {by} {counted}")


def _stated(point: Point | None) -> int | None:
    """Give the decimals that the price source states, a number or digits in a text; None for anything else."""
    stated: object = None if point is None else point.decimals
    if isinstance(stated, str) and stated.isascii() and stated.isdigit():
        return int(stated[:3])
    return stated if isinstance(stated, int) and not isinstance(stated, bool) else None
