"""Where the files that ship beside the code lie: in the package where it is installed, else at the top of the tree.

How they come into an installed package is pyproject.toml.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """Give the path of a file or folder that ships."""
    installed = _PACKAGE / name
    return installed if installed.exists() else _PACKAGE.parent / name
