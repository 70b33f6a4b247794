"""What the tests of normalisation ask about: one wallet at one instant, as pulls, answers, plans and attempts.

Nothing here reads a body; what is expected of one stands in the tests and beside the payload files.
"""

from datetime import UTC, datetime, timedelta

from dagster_project.holdings import Normalise
from dagster_project.model import (
    Account,
    Answer,
    Attempt,
    Capability,
    Cell,
    Frame,
    Layer,
    ProviderPlan,
    Pull,
    Reason,
    Request,
)
from dagster_project.normalise import credmark
from dagster_project.normalise.judge import Judged, judge

WALLET = "0x295B61866dAA53a76CE4b3a927EFAF0059b4a90A"
ACCOUNT_ID = f"eip155:0:{WALLET.lower()}"
ETHEREUM = "eip155:1"
BLOCK_AT = datetime(2023, 6, 26, 14, 32, 23, tzinfo=UTC)
"""When block 17564213 was made: Unix second 1687789943."""

AS_OF = datetime(2023, 6, 26, 15, 0, tzinfo=UTC)
OBSERVED_AT = AS_OF + timedelta(seconds=40, microseconds=123_456)
TAKEN_AT = AS_OF + timedelta(seconds=30, microseconds=7)
GRACE_MINUTES = 90


def cell(layer: Layer = Layer.WALLET, chain_id: str = ETHEREUM) -> Cell:
    """A cell of the wallet."""
    return Cell(ACCOUNT_ID, chain_id, layer)


def pull(key: str = "value/1", *cells: Cell, capability: Capability = Capability.TIMESTAMP) -> Pull:
    """A question to Credmark about these cells, about the wallet layer unless they are given."""
    request = Request("/v1/portfolio/{chainId}/{accounts}/value", f"/v1/portfolio/1/{WALLET}/value")
    return Pull("credmark", "value", capability, key, cells or (cell(),), request)


def plan(*pulls: Pull, as_of: datetime = AS_OF) -> ProviderPlan:
    """A plan of these pulls, the provider third in the order of record."""
    account = Account(ACCOUNT_ID, WALLET, "treasury", (ETHEREUM,))
    return ProviderPlan(Frame(as_of, (account,), "0 * * * *", as_of, GRACE_MINUTES, "ab" * 32), "credmark", 2, pulls)


def attempt(*pulls: Pull, as_of: datetime = AS_OF, taken_at: datetime = TAKEN_AT) -> Attempt:
    """One go at the plan of these pulls."""
    return Attempt(plan(*pulls, as_of=as_of), "20230626T150030000007Z-abcdef", taken_at)


def answer(
    body: bytes = b"", *, reason: Reason | None = None, status: int | None = 200, observed_at: datetime = OBSERVED_AT
) -> Answer:
    """An answer as the wire gives it."""
    detail = None if reason is None else f"because of {reason}"
    return Answer(observed_at, 12.5, status, {"x-request-id": "request-1"}, body, reason, detail)


def judged(body: bytes, *, normalise: Normalise = credmark.normalise) -> Judged:
    """The one pull of the wallet with this body for its answer, judged."""
    asked = pull()
    return judge(plan(asked), asked, answer(body), 1, normalise)
