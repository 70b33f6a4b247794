"""The instants of a portfolio as Dagster's partitions: the key is the `as_of`, the cron tick, in UTC.

Accounts and chains are data, so adding a wallet changes no partition.
"""

import dagster as dg

from dagster_project.model import AS_OF_FORMAT
from dagster_project.settings.load import Settings


def instants(settings: Settings) -> dg.TimeWindowPartitionsDefinition:
    """Give a partition for each tick from the start on; the latest tick is there as soon as it is due."""
    return dg.TimeWindowPartitionsDefinition(
        start=settings.snapshots.start,
        fmt=AS_OF_FORMAT,
        cron_schedule=settings.snapshots.cron,
        timezone="UTC",
        end_offset=1,
    )
