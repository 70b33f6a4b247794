"""1inch Portfolio's bodies, by endpoint: snapshots become balances, everything else figures under the vendor's name."""

from collections.abc import Mapping
from types import MappingProxyType

from dagster_project.holdings import Normalise, Reading
from dagster_project.model import Pull
from dagster_project.normalise import oneinch_series as series
from dagster_project.normalise import oneinch_supported as supported
from dagster_project.normalise.oneinch_snapshot import snapshot

VERSION = 4

READERS: Mapping[str, Normalise] = MappingProxyType({
    "tokens/snapshot": snapshot,
    "protocols/snapshot": snapshot,
    "general/current_value": series.current_value,
    "general/chart": series.chart,
    "general/report": series.report,
    "general/status": supported.status,
    "general/address_check": series.unpublished,
    "general/supported_chains": supported.supported_chains,
    "general/supported_protocols": supported.supported_protocols,
    "tokens/metrics": series.metrics,
    "protocols/metrics": series.metrics,
})  # fmt: skip


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read a body as its endpoint's contract says.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    return READERS[pull.endpoint](pull, body)
