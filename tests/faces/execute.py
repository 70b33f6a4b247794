"""Execute a notebook in place as `jupyter-execute` does, but speak to its kernel through sockets in the working folder.

Ports would be chosen before the kernel listens at them, and somebody else may be given one meanwhile. What the notebook
must show stands in the tests.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

path = Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # it has no types
sockets = Config({"KernelManager": {"transport": "ipc", "ip": "kernel"}})  # short: their paths hold some 100 letters
about = {"metadata": {"path": str(path.parent)}}
NotebookClient(notebook, config=sockets, timeout=120, startup_timeout=120, resources=about).execute()
nbformat.write(notebook, path)  # type: ignore[no-untyped-call] # likewise
