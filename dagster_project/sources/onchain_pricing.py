"""How prices are asked for: of now, of an instant, or of many instants of a backfill at once, for all who need them.

What the answers mean is normalise/onchain_prices.py.
"""

import json
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from dagster_project.model import Answer, Request
from dagster_project.normalise.onchain_prices import LEAD_SECONDS, coin
from dagster_project.normalise.onchain_question import PRICES_A_REQUEST, Prices
from dagster_project.normalise.onchain_told import Told
from dagster_project.normalise.onchain_words import Trouble
from dagster_project.normalise.transcript import exchange_of

EARLIER = (LEAD_SECONDS, 3600, 6 * 3600)
"""By how many seconds before the instant prices are asked, in turn, until none of a later point is left."""

INSTANTS_A_REQUEST = 24
"""So many neighbouring instants of a run are asked together."""

LONGEST_TARGET = 8000
"""Letters of a path with its query; where servers refuse is not published, about 9,000 were seen to be."""


class Together:
    """The price requests of one run: the same for all conversations that may share their answers."""

    def __init__(self, instants: Sequence[int] = ()) -> None:
        """Take the instants (Unix seconds) that the run is about."""
        self._windows: dict[int, tuple[int, ...]] = {}
        ordered = sorted(set(instants))
        for start in range(0, len(ordered), INSTANTS_A_REQUEST):
            window = tuple(ordered[start : start + INSTANTS_A_REQUEST])
            self._windows |= dict.fromkeys(window, window)
        self._made: dict[tuple[tuple[int, ...], str], Request] = {}

    def requests(self, prices: Prices, at: int, coins: Sequence[str]) -> list[Request]:
        """Give the requests in which the coins are asked for at the neighbours of an instant; none where it has none.

        A coin that the run asks for already is never asked for in another request.
        """
        window = self._windows.get(at, ())
        if len(window) < 2:
            return []
        new = [name for name in coins if (window, name) not in self._made]
        size = coins_a_request(len(window))
        for start in range(0, len(new), size):
            part = new[start : start + size]
            asked = {name: [one - LEAD_SECONDS for one in window] for name in part}
            written = quote(json.dumps(asked, separators=(",", ":")), safe=":,")
            path = f"{prices.path}/batchHistorical?coins={written}"
            request = Request(f"{prices.path}/batchHistorical", path, shared_until=window[-1])
            self._made |= {(window, name): request for name in part}
        return list(dict.fromkeys(self._made[window, name] for name in coins))


def coins_a_request(instants: int) -> int:
    """Give how many coins go into one request for so many instants: an id of up to 66 letters, eleven an instant."""
    return min(PRICES_A_REQUEST, LONGEST_TARGET // (80 + 11 * instants))


def count_together(coins: Sequence[int], instants: int) -> int:
    """Forecast the requests of a run over so many instants for so many coins, chain by chain."""
    full, rest = divmod(instants, INSTANTS_A_REQUEST)
    windows = [*[INSTANTS_A_REQUEST] * full, *([rest] if rest else [])]
    return sum(-(-one // coins_a_request(size)) for size in windows for one in coins)


def ask_prices(told: Told, observed_at: datetime, together: Together) -> Generator[Request, Answer, None]:
    """Ask for the prices of what is held; what then has only a later point, at earlier times again.

    `observed_at` is when the node last answered: what is that young is asked for as it is now.
    """
    question, prices = told.question, told.question.prices
    if prices is None:
        return
    coins = [coin(prices, token) for token in told.held()]
    shared = together.requests(prices, question.as_of, coins)
    is_now = 0 <= observed_at.timestamp() - question.as_of <= LEAD_SECONDS
    first = shared or (list(_plain(prices, "current", coins)) if is_now else [])
    for request in first:
        if (yield from _is_refused(told, request)):
            return
    asked = _unsettled(told, coins)
    for earlier in EARLIER:
        if not asked:
            return
        for request in _plain(prices, f"historical/{question.as_of - earlier}", asked):
            if (yield from _is_refused(told, request)):
                return
        asked = _unsettled(told, asked)


def _plain(prices: Prices, when: str, coins: Sequence[str]) -> Iterator[Request]:
    kind = when.partition("/")[0]
    template = f"{prices.path}/prices/{kind}{'/{timestamp}' if '/' in when else ''}/{{coins}}"
    for start in range(0, len(coins), PRICES_A_REQUEST):
        yield Request(template, f"{prices.path}/prices/{when}/{','.join(coins[start : start + PRICES_A_REQUEST])}")


def _is_refused(told: Told, request: Request) -> Generator[Request, Answer, bool]:
    return told.hear(exchange_of(request, (yield request))).trouble is Trouble.UNUSABLE


def _unsettled(told: Told, coins: Sequence[str]) -> list[str]:
    """Give the coins of which nothing was asked yet, or only a later point is known."""
    return [name for name in coins if name.lower() not in told.priced or told.is_later(name.lower())]
