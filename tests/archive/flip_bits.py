"""Flip bits of a stream one at a time and tell how each reading of it ended, as JSON; run in a process of its own.

    python -m tests.archive.flip_bits <sealed stream> <seed> <how many>

A reader that ends the process, or that is ended by it, is seen by whoever started this.
"""

import faulthandler
import json
import os
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

from dagster_project.archive.layout import OPEN, SEALED, StreamFile
from dagster_project.archive.stream import Row, read_rows
from dagster_project.errors import BadRawError, ForeignStoreError
from tests.archive.streams import AS_OF, read

HEAD = b"\xff\xff\xff\xff"
"""What every message of an Arrow stream begins with; the bits behind it steer the reader."""


def ending(stream: StreamFile, whole: list[Row]) -> str:
    """Read the stream and say how that ended."""
    found: list[Row] = []
    how = "whole"
    try:
        found.extend(read_rows(stream))
    except (BadRawError, ForeignStoreError) as error:
        how = "refused" if str(stream.path) in str(error) else "refused without a name"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return f"crash:{type(error).__name__}"
    if found == whole:
        return how
    if found == whole[: len(found)]:
        return f"prefix, {how}"
    return "other rows"


def bits_of(start: int, length: int) -> range:
    """The places of the bits of so many bytes."""
    return range(start * 8, (start + length) * 8)


def main(source: Path, seed: int, count: int) -> None:
    """Try the head of every message and so many other bits, each in a sealed and in an open copy of the stream."""
    faulthandler.enable()
    content = source.read_bytes()
    whole = read(StreamFile(source, "credmark", AS_OF, "a1"))
    chance = random.Random(seed)  # noqa: S311 - reproducible places, no secret
    heads = [bit for start in range(len(content)) if content.startswith(HEAD, start) for bit in bits_of(start, 64)]
    bits = sorted({*heads, *chance.sample(range(len(content) * 8), count)})
    endings: dict[str, Counter[str]] = {}
    examples: dict[str, list[int]] = defaultdict(list)
    for suffix in (SEALED, OPEN):
        stream = StreamFile(source.with_name(f"flipped{suffix}"), "credmark", AS_OF, "flipped")
        stream.path.write_bytes(content)
        file = os.open(stream.path, os.O_RDWR)
        endings[suffix] = Counter()
        for bit in (one for one in bits if one < len(content) * 8):
            byte = content[bit // 8]
            os.pwrite(file, bytes([byte ^ (1 << bit % 8)]), bit // 8)
            how = ending(stream, whole)
            os.pwrite(file, bytes([byte]), bit // 8)
            endings[suffix][how] += 1
            examples[how] = [*examples[how], bit][:3]
        os.close(file)
    json.dump({"endings": endings, "examples": examples}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
