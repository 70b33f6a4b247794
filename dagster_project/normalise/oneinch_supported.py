"""What 1inch Portfolio says of itself: whether it is available, and which chains and protocols it supports.

Contract: the OpenAPI file of 2025-07-26, see docs/sources/oneinch_portfolio.md. An entry that cannot be read costs
itself.
"""

from dagster_project.holdings import Figure, Reading
from dagster_project.model import Pull
from dagster_project.normalise.faults import faults_in
from dagster_project.normalise.oneinch_series import LIST, Meta, reading_of
from dagster_project.normalise.reading import Body, Decoded, Whole, decode, decode_items


class _Available(Body):
    is_available: bool


class _Status(Body):
    result: _Available
    meta: Meta | None = None


class _SupportedChain(Body):
    chain_id: Whole
    chain_name: str
    chain_icon: str | None = None
    native_token: object = None


class _SupportedChains(Body):
    result: list[_SupportedChain | None]
    meta: Meta | None = None


class _SupportedProtocol(Body):
    chain_id: Whole
    protocol_group_id: str
    protocol_group_name: str
    protocol_group_icon: str | None = None


class _SupportedProtocols(Body):
    result: list[_SupportedProtocol | None]
    meta: Meta | None = None


def status(_pull: Pull, body: bytes) -> Reading:
    """Read whether the vendor says that it is available."""
    answer, unknown = decode(body, _Status)
    is_available = answer.result.is_available
    return reading_of(
        [Figure("", "is_available", float(is_available), str(is_available).lower())], unknown, answer.meta
    )


def supported_chains(_pull: Pull, body: bytes) -> Reading:
    """Read which chains the vendor supports, enveloped or as a bare list."""
    decoded: Decoded[list[_SupportedChain | None]] | Decoded[_SupportedChains]
    if body.lstrip()[:1] == b"[":
        decoded = decode_items(body, list[_SupportedChain | None])
        chains, root = decoded.body, "$"
    else:
        decoded = decode_items(body, _SupportedChains)
        chains, root = decoded.body.result, LIST
    figures = [
        Figure(f"eip155:{one.chain_id}", "chain_name", None, one.chain_name) for one in chains if one is not None
    ]
    return reading_of(figures, decoded.unknown, None, faults_in(decoded, chains, root))


def supported_protocols(_pull: Pull, body: bytes) -> Reading:
    """Read which protocols the vendor supports on which chain."""
    decoded = decode_items(body, _SupportedProtocols)
    figures = [
        Figure(f"eip155:{one.chain_id}/{one.protocol_group_id}", "protocol_group_name", None, one.protocol_group_name)
        for one in decoded.body.result
        if one is not None
    ]
    faults = faults_in(decoded, decoded.body.result, LIST)
    return reading_of(figures, decoded.unknown, decoded.body.meta, faults)
