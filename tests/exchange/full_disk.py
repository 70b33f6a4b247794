"""Export or import with a disk that is full, for real: a limit on the size of files, in a process of its own.

python -m tests.exchange.full_disk <bytes> <arguments of portfolio>
"""

import resource
import signal
import sys

from dagster_project.faces.cli.main import main

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    main()
