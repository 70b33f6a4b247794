"""What 1inch's own Go SDK (v4.1.0) sends to Portfolio v4 and what it reads, recorded from its source.

Requests are the bytes of Go's HTTP client; `reads` follows encoding/json: unknown members are passed over, null and
absent ones leave a value as it was, and a number that does not fit its type is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FLOAT, INT, TEXT, BOOL = float, int, str, bool
_OF_TOKEN = {"address": TEXT, "decimals": INT, "amount": FLOAT, "price_to_usd": FLOAT, "value_usd": FLOAT}
_WORTH = [{"protocol_name": TEXT, "protocol_locked": BOOL, "result": [{"chain_id": INT, "value_usd": FLOAT}]}]
_PROFIT = [{"chain_id": INT, "abs_profit_usd": FLOAT, "roi": FLOAT}]
_DETAIL = {
    **dict.fromkeys(("chain_id", "token_id", "block_number", "is_whitelisted", "status"), INT),
    **dict.fromkeys(("contract_address", "protocol", "name", "contract_type", "sub_contract_type"), TEXT),
    "protocol_name": TEXT,
    "addresses": [TEXT],
    "underlying_tokens": [_OF_TOKEN],
    "value_usd": FLOAT,
    "info": dict.fromkeys(
        ("amount", "price_to_usd", "value_usd", "gained_reward", "gained_reward_usd", "roi", "apr", "apy"), FLOAT
    ),
}
_TOKEN = {
    **dict.fromkeys(("chain_id", "status"), INT),
    **dict.fromkeys(("price_to_usd", "amount", "value_usd", "abs_profit_usd", "roi"), FLOAT),
    "contract_address": TEXT,
}


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the SDK: its path, the parameters that it sends beside addresses, and the type of `result`."""

    method: str
    path: str
    result: Any
    further: Mapping[str, str] = field(default_factory=dict)
    has_addresses: bool = True

    def request(self, host: str, *addresses: str) -> bytes:
        """Give the bytes that the SDK sends, keys of the query in order, as Go's url.Values has them."""
        pairs = [("addresses", one) for one in addresses if self.has_addresses] + list(self.further.items())
        query = "&".join(f"{name}={value}" for name, value in sorted(pairs, key=lambda pair: pair[0]))
        lines = (
            f"GET /portfolio/portfolio/v4/{self.path}{'?' if query else ''}{query} HTTP/1.1",
            f"Host: {host}",
            "User-Agent: 1inch-dev-portal-client-go:v4.1.0",
            "Authorization: Bearer none",
            "Accept-Encoding: gzip",
            "Connection: close",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


ON_ETHEREUM = {"chain_id": "1"}
CALLS = (
    Call("IsServiceAvailable", "general/is_available", BOOL, has_addresses=False),
    Call("GetSupportedChains", "general/supported_chains", [INT], has_addresses=False),
    Call("GetCurrentValue", "general/current_value", [{"address": TEXT, "value_usd": FLOAT}], ON_ETHEREUM),
    Call("GetProfitLoss", "general/profit_and_loss", _PROFIT, ON_ETHEREUM | {"timerange": "1month"}),
    Call("GetValueChart", "general/value_chart", [{"timestamp": INT, "value_usd": FLOAT}], ON_ETHEREUM),
    Call("GetProtocolsCurrentValue", "overview/protocols/current_value", _WORTH, ON_ETHEREUM),
    Call("GetProtocolsProfitAndLoss", "overview/protocols/profit_and_loss", _PROFIT, ON_ETHEREUM),
    Call("GetProtocolsDetails", "overview/protocols/details", [_DETAIL], ON_ETHEREUM),
    Call("GetTokensCurrentValue", "overview/erc20/current_value", _WORTH, ON_ETHEREUM),
    Call("GetTokensProfitLoss", "overview/erc20/profit_and_loss", _PROFIT, ON_ETHEREUM),
    Call("GetTokensDetails", "overview/erc20/details", [_TOKEN], ON_ETHEREUM),
)


def reads(kind: Any, value: Any, place: str = "result") -> list[str]:  # noqa: ANN401 - a type and a value of JSON
    """Give what Go's decoder would not take, by its place."""
    if value is None:
        return []
    if isinstance(kind, list) and isinstance(value, list):
        return [fault for at, one in enumerate(value) for fault in reads(kind[0], one, f"{place}[{at}]")]
    if isinstance(kind, dict) and isinstance(value, dict):
        return [fault for name, its in kind.items() for fault in reads(its, value.get(name), f"{place}.{name}")]
    if kind is FLOAT:
        is_right = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        is_right = type(value) is kind and (kind is not INT or -(2**63) <= value < 2**63)
    return [] if is_right else [f"{place}: {value!r} does not fit {kind}"]
