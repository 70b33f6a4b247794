"""One good request for each endpoint of each OpenAPI document, about the history of conftest.py.

What is expected of the answers stands in the tests; one of them holds that no documented endpoint is without a request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dagster_project.warehouse import ask
from tests.simulator.running_simulator import address
from tests.warehouse.conftest import ROUTER_V6

DOCUMENTS = {
    "answers": "/openapi.json",
    "oneinch_portfolio": "/portfolio/openapi.json",
    "oneinch_balance": "/balance/openapi.json",
    "credmark": "/v1/openapi.json",
    "onebalance": "/api/openapi.json",
}
"""The families and where each has its document."""

USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
BEGIN, END = 1_777_766_400, 1_778_025_600
"""Unix seconds of the fourth and the seventh instant."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request: family, method, path as the document has it, what fills the path, the query, body, and the status."""

    family: str
    template: str
    filled: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    method: str = "get"
    body: Mapping[str, list[str]] | None = None
    status: int = 200

    @property
    def path(self) -> str:
        """The whole path, below the server's address."""
        prefix = DOCUMENTS[self.family].removesuffix("/openapi.json")
        return prefix + self.template.format(**self.filled)


def requests() -> Iterator[Request]:
    """Give them, family by family."""
    yield Request("answers", "/")
    yield Request("answers", "/answers")
    for one in ask.contracts():
        yield Request("answers", f"/answers/{one.name}")
    yield from _portfolio()
    yield from _balance()
    yield from _credmark()
    yield from _onebalance()


def _portfolio() -> Iterator[Request]:
    wallet = {"addresses": [address("treasury"), address("trading")]}
    for path in ("status", "supported_chains", "supported_protocols"):
        yield Request("oneinch_portfolio", f"/portfolio/v5.0/general/{path}")
    for path in ("current_value", "chart", "report"):
        yield Request("oneinch_portfolio", f"/portfolio/v5.0/general/{path}", params=wallet)
    path = "/portfolio/v5.0/general/address_check"  # of which this history's provider was never asked
    yield Request("oneinch_portfolio", path, params=wallet, status=422)
    for path in ("tokens/snapshot", "tokens/metrics", "protocols/snapshot", "protocols/metrics"):
        yield Request("oneinch_portfolio", f"/portfolio/v5.0/{path}", params=wallet)
    for path in ("general/is_available", "general/supported_chains", "general/supported_protocols"):
        yield Request("oneinch_portfolio", f"/portfolio/v4/{path}")
    for path in ("general/current_value", "general/profit_and_loss", "general/value_chart"):
        yield Request("oneinch_portfolio", f"/portfolio/v4/{path}", params=wallet)
    for path in ("current_value", "profit_and_loss", "details"):
        yield Request("oneinch_portfolio", f"/portfolio/v4/overview/erc20/{path}", params=wallet)
        yield Request("oneinch_portfolio", f"/portfolio/v4/overview/protocols/{path}", params=wallet)


def _balance() -> Iterator[Request]:
    of_chain = {"chain": "1", "wallet": address("treasury")}
    of_spender = of_chain | {"spender": ROUTER_V6}
    body = {"tokens": [USDC]}
    for method, asked in (("get", None), ("post", body)):
        yield Request("oneinch_balance", "/v1.2/{chain}/balances/{wallet}", of_chain, method=method, body=asked)
        for path in ("allowances", "allowancesAndBalances"):
            template = f"/v1.2/{{chain}}/{path}/{{spender}}/{{wallet}}"
            yield Request("oneinch_balance", template, of_spender, method=method, body=asked)
    template = "/v1.2/{chain}/balances/multiple/walletsAndTokens"
    both = body | {"wallets": [address("treasury"), address("trading")]}
    yield Request("oneinch_balance", template, {"chain": "1"}, method="post", body=both)
    template = "/v1.2/{chain}/aggregatedBalancesAndAllowances/{spender}"
    yield Request("oneinch_balance", template, of_spender, {"wallets": address("treasury")})


def _credmark() -> Iterator[Request]:
    filled = {"chain_id": "1", "accounts": address("treasury")}
    for path in ("value", "positions", "returns"):
        yield Request("credmark", f"/portfolio/{{chain_id}}/{{accounts}}/{path}", filled)
    span = {"startTimestamp": str(BEGIN), "endTimestamp": str(END), "timeInterval": "86400"}
    for path in ("value/historical", "positions/historical"):
        yield Request("credmark", f"/portfolio/{{chain_id}}/{{accounts}}/{path}", filled, span)


def _onebalance() -> Iterator[Request]:
    asked = {"account": f"eip155:1:{address('treasury')}", "aggregatedAssetId": "ob:eth"}
    yield Request("onebalance", "/v3/balances/aggregated-balance", params=asked)
    yield Request("onebalance", "/v2/balances/aggregated-balance", params={"address": address("treasury")})
    yield Request("onebalance", "/assets/list")
    yield Request("onebalance", "/chains/supported-list")
