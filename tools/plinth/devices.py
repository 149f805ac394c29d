# SPDX-License-Identifier: Apache-2.0
"""The disk and the network card of ./plinth run: QEMU's virtio devices, for a VM that has their
transports assigned. The disk is a file under build/ that stays, so that what the VM keeps there
outlives the machine."""

import fcntl
import mmap

from plinth import cpio
from plinth.command import progress, run
from plinth.paths import BUILD, shown

DISK = BUILD / "disk.img"
DISK_SIZE = 1 << 30  # sparse
PROPERTY = b"memory-direct\0"  # among the names in such a VM's vm.dtb

# The transports that the examples assign: /virtio_mmio@a003e00 and the one before it.
DISK_BUS = "virtio-mmio-bus.31"
NET_BUS = "virtio-mmio-bus.30"


def are_assigned(bundle):
    """Does a VM of the packed bundle have devices of the machine? What is none it is Plinth's to
    refuse."""
    try:
        with open(bundle, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            files = cpio.files(data)
            return any(name.endswith("/vm.dtb") and PROPERTY in content for name, content in files)
    except ValueError:
        return False


def make_disk():
    """The disk with an ext4 file system, if it is not there."""
    if DISK.exists():
        return
    partial = DISK.with_name(DISK.name + ".part")
    partial.parent.mkdir(parents=True, exist_ok=True)
    with open(partial, "wb") as stream:
        stream.truncate(DISK_SIZE)
    run(["mke2fs", "-q", "-t", "ext4", "-L", "plinth", partial], f"mke2fs {shown(DISK)}")
    partial.rename(DISK)


class Devices:
    """Holds the disk for one run: another one goes without it meanwhile."""

    def __init__(self):
        make_disk()
        self._lock = open(DISK, "rb")  # noqa: SIM115: as long as QEMU runs
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.has_disk = True
        except BlockingIOError:
            progress(f"{shown(DISK)} is another run's: this one has no disk")
            self.has_disk = False

    def close(self):
        self._lock.close()

    def options(self):
        """QEMU's."""
        net = ["-netdev", "user,id=net", "-device", f"virtio-net-device,netdev=net,bus={NET_BUS}"]
        if not self.has_disk:
            return net
        drive = f"file={DISK},format=raw,if=none,id=disk"
        return [*net, "-drive", drive, "-device", f"virtio-blk-device,drive=disk,bus={DISK_BUS}"]
