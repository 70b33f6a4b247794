"""Guided by coverage, bytes are bred that reach new lines of the normalisers: `make fuzz`, for as long as one likes.

It asserts what test_normalise_fuzz_everywhere.py does; atheris is installed beside the locked environment.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dagster_project.normalise"]):
    from dagster_project.sources.registry import PROVIDERS
from tests.normalise.test_normalise_fuzz_everywhere import ENDPOINTS, check, seeds


def one(content: bytes) -> None:
    """Let the first byte choose the question, and the rest answer it."""
    if content:
        provider, endpoint = ENDPOINTS[content[0] % len(ENDPOINTS)]
        check(seeds(provider)[endpoint][0][0], content[1:])


def main() -> None:
    """Begin from every payload file."""
    assert PROVIDERS
    with tempfile.TemporaryDirectory() as folder:
        for number, (provider, endpoint) in enumerate(ENDPOINTS):
            for index, (_, body) in enumerate(seeds(provider)[endpoint]):
                (Path(folder) / f"{number}-{index}").write_bytes(bytes([number]) + body)
        atheris.Setup([*sys.argv, folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
