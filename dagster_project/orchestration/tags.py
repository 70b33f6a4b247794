"""The tags with which Dagster marks a run over a range of partitions; what a range is decided by is not here."""

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def range_tags(first: str, last: str) -> dict[str, str]:
    """Mark a run as one over all partitions from `first` to `last`, as a single-run backfill does."""
    return {RANGE_START: first, RANGE_END: last}
