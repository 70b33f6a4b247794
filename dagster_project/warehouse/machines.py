"""Tell whether another machine may be writing to a folder that several machines share, as over NFS or SMB.

There a lock of the kernel may end at this machine, so the lock file also says whose it is. A local disk needs none.
"""

import os
import re
import socket
from pathlib import Path
from typing import BinaryIO

from dagster_project.errors import StoreBusyError

MOUNTS = Path("/proc/self/mountinfo")
BOOT = Path("/proc/sys/kernel/random/boot_id")

_SHARED = re.compile(r"nfs4?|cifs|smb\w*|9p|virtiofs|afs|ceph|lustre|ocfs2|gfs2?|fuse\.(?:sshfs|glusterfs|rclone|s3fs)")
_OCTAL = re.compile(r"\\([0-7]{3})")


def is_shared(folder: Path) -> bool:
    """Tell whether the folder is on a file system that other machines may have mounted too."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False  # no such file: not Linux, and nobody tells
    place, found = str(folder.resolve()), ("", "")
    for line in lines:
        ahead, _, behind = line.partition(" - ")
        mount = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), ahead.split(" ")[4])
        is_above = place == mount or place.startswith(mount.rstrip("/") + "/")
        if is_above and len(mount) >= len(found[0]):
            found = (mount, behind.split(" ")[0])
    return _SHARED.fullmatch(found[1]) is not None


def this_machine() -> str:
    """Name this machine: by its host name, and by what the kernel drew when it started."""
    try:
        boot = BOOT.read_text(encoding="ascii").strip()
    except OSError:
        boot = "-"
    return f"{socket.gethostname()} {boot}"


def claim(path: Path, file: BinaryIO) -> None:
    """Write into a lock file that is held that this machine writes, unless it says that another one does.

    Raises:
        StoreBusyError: another machine wrote its name and did not take it away.
    """
    file.seek(0)
    host, _, boot = file.read(1_000).decode(errors="replace").partition(" ")
    own_host, _, own_boot = this_machine().partition(" ")
    if host and host != own_host and boot.strip() != own_boot:
        raise StoreBusyError(
            f"{path}: the machine {host} writes to this folder, or ended without a word; one machine at a time. "
            f"If nothing runs there, remove this file, then run again"
        )
    file.truncate(0)
    file.write(f"{own_host} {own_boot}\n".encode())
    file.flush()
    os.fsync(file.fileno())


def release(file: BinaryIO) -> None:
    """Take the name away again."""
    file.truncate(0)
