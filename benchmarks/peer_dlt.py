"""The same 2,000 answers through dlt into DuckDB, run in dlt's own environment: `peer_dlt.py PORT KIND LATENCY`.

KIND `defaults` is what its tutorial writes: a resource that asks in a loop. KIND `tuned` asks in parallel through a
transformer, with the Parquet loader and more workers. Prints the seconds of `pipeline.run` alone and the rows loaded.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator

ANSWERS = 2_000


def address_of(index: int) -> str:
    """Give the made-up wallet that answer `index` speaks of."""
    return f"0x{index + 1:040x}"


def main(port: int, kind: str) -> None:
    """Load everything once and print how long it took."""
    if kind == "tuned":
        os.environ |= {
            "EXTRACT__WORKERS": "32",
            "EXTRACT__MAX_PARALLEL_ITEMS": "64",
            "NORMALIZE__WORKERS": "2",
            "LOAD__WORKERS": "4",
            "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
        }
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt  # noqa: PLC0415 - its environment variables come first
    from dlt.sources.helpers import requests  # noqa: PLC0415 - likewise

    url = f"http://127.0.0.1:{port}/v1/portfolio/1/{{}}/value?includePositions=true"

    def ask(address: str) -> list[dict[str, object]]:
        body = requests.get(url.format(address)).json()
        head = {"account": address, "block": body["blockNumber"], "at": body["blockTimestamp"]}
        return [head | position for position in body["positions"]]

    @dlt.resource(name="addresses")  # type: ignore[untyped-decorator] # dlt lives in its own environment
    def addresses() -> Iterator[str]:
        for index in range(ANSWERS):
            yield address_of(index)

    @dlt.transformer(name="balance", parallelized=True)  # type: ignore[untyped-decorator] # likewise
    def parallel(address: str) -> list[dict[str, object]]:
        return ask(address)

    @dlt.resource(name="balance")  # type: ignore[untyped-decorator] # likewise
    def plain() -> Iterator[dict[str, object]]:
        for index in range(ANSWERS):
            yield requests.get(url.format(address_of(index))).json()

    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "peer",
            destination=dlt.destinations.duckdb(f"{folder}/peer.duckdb"),
            dataset_name="history",
            pipelines_dir=f"{folder}/state",
        )
        started = time.perf_counter()
        if kind == "tuned":
            pipeline.run(addresses | parallel, loader_file_format="parquet")
        else:
            pipeline.run(plain)
        seconds = time.perf_counter() - started
        table = "balance" if kind == "tuned" else "balance__positions"
        with pipeline.sql_client() as client, client.execute_query(f"select count(*) from {table}") as cursor:  # noqa: S608 - one of two names
            rows = cursor.fetchone()[0]
    sys.stdout.write(f"{seconds} {rows}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
