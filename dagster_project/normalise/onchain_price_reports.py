"""What the price source has answered so far in a conversation: points by coin, and what could not be read.

How an answer is read is onchain_prices.py; what nodes say is onchain_told.py.
"""

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Fault
from dagster_project.model import Reason
from dagster_project.normalise.onchain_prices import Point, coins_in, read_batch, read_points
from dagster_project.normalise.onchain_question import Question
from dagster_project.normalise.onchain_rpc import Reply
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.normalise.transcript import Exchange


class PriceReports:
    """Points by the coin's id in lower case, the coins that were asked for, and faults of coins."""

    def __init__(self, question: Question) -> None:
        """Begin with nothing answered."""
        self.question = question
        self.points: dict[str, Point] = {}
        self.priced: set[str] = set()
        self.price_faults = dict[str, Fault]()
        self.price_trouble: tuple[Reason, str] | None = None
        self.unknown_fields: tuple[str, ...] = ()

    def hear_prices(self, exchange: Exchange) -> Reply:
        """Take an answer of the price source in; what is no answer of the contract's form is trouble, and no error.

        Raises:
            UnreadableError: the request itself is none that the source makes.
        """
        batch = exchange.path.partition("/batchHistorical?coins=")[2]
        asked = coins_in(batch) if batch else exchange.path.rpartition("/")[2].lower().split(",")
        if exchange.trouble is not None:
            self.price_trouble = exchange.trouble, f"prices: {exchange.trouble}"
            return Reply(trouble=Trouble.UNUSABLE)
        try:
            body, at = exchange.body, self.question.as_of
            points, faults, unknown = read_batch(body, at) if batch else read_points(body)
        except UnreadableError as error:
            self.price_trouble = Reason.UNREADABLE, f"prices: {error}"
            return Reply(trouble=Trouble.UNUSABLE)
        self.price_trouble = None
        self.unknown_fields = unknown
        self.priced.update(asked)
        self.price_faults |= {name: one for name, one in faults.items() if name in asked}
        self.points |= {
            name: one
            for name, one in points.items()
            if name in asked and (name not in self.points or self.is_later(name))
        }
        return Reply(msgspec.Raw(b"{}"))

    def is_later(self, name: str) -> bool:
        """Tell whether only a point later than the instant is known of a coin (its id in lower case)."""
        return name in self.points and self.points[name].timestamp > self.question.as_of
