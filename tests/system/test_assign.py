# SPDX-License-Identifier: Apache-2.0
"""Devices of the machine for one VM: QEMU's virtio disk and network card, whose transports are in
one page, driven by Debian's own drivers."""

import http.server
import re
import subprocess
import threading

import pytest
from harness import shell
from harness.monitor import ask, go_to_monitor
from harness.vms import MIB, debian, report_of
from plinth import initramfs

ESCAPE = "\x14"  # Ctrl-T
MODULES = ("virtio_mmio", "virtio_blk", "virtio_net", "crc32c_generic", "ext4")
DISK = "/virtio_mmio@a003e00"
NET = "/virtio_mmio@a003c00"
PAGE = "0xa003e00"
ANSWER = "from the host\n"
DIRECT = ["memory-direct"]


def assign(*paths):
    return "assign = " + ", ".join(f'"{path}"' for path in paths)


@pytest.fixture(scope="module")
def initrd(tmp_path_factory):
    path = tmp_path_factory.mktemp("assign") / "initrd.gz"
    initramfs.write_modules(path, *MODULES)
    return path


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk.img"
    with open(path, "wb") as stream:
        stream.truncate(16 * MIB)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", path], check=True, timeout=60)
    return path


@pytest.fixture
def web():
    """The port of a web server on the host, which QEMU's user network has at 10.0.2.2."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER.encode())

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


def devices(disk):
    return [
        *("-drive", f"file={disk},format=raw,if=none,id=disk"),
        *("-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31"),
        *("-netdev", "user,id=net"),
        *("-device", "virtio-net-device,netdev=net,bus=virtio-mmio-bus.30"),
    ]


def guest(name, initrd, extra=()):
    files = debian(name, vcpus=2, action="modules,shell", extra=extra)
    return {**files, "initrd.gz": initrd}


def driver(initrd):
    return guest("driver", initrd, [*DIRECT, assign(DISK, NET)])


def say(machine, name, command):
    """What the command says, without what the other VM does meanwhile. Alone its lines are not
    marked."""
    mark = f"{name}| "
    lines = shell.ask(machine, command, name, f"(?:{re.escape(mark)})?").splitlines()
    own = [line for line in lines if line.startswith(mark) or not re.match(r"\w+\| ", line)]
    return "\n".join(line.removeprefix(mark) for line in own).strip()


def mount(machine):
    shell.expect_prompt(machine, "driver", 120)
    assert say(machine, "driver", "mkdir -p /d; mount /dev/vda /d") == ""


def fetch(machine, port):
    """By nc: a static busybox's wget looks the port of http up, and glibc cannot without its libraries."""
    request = r"printf 'GET / HTTP/1.0\r\n\r\n'"
    assert say(machine, "driver", f"{request} | nc 10.0.2.2 {port} | tail -n 1") == ANSWER.strip()


def check_network(machine, port):
    up = "ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0"
    assert say(machine, "driver", up) == ""
    fetch(machine, port)


def check_no_other_has_it(machine):
    """No node says so, and the page is not there."""
    machine.send(f"{ESCAPE}n")
    machine.send("\n")
    shell.expect_prompt(machine, "other", 120)
    assert say(machine, "other", "ls -d /proc/device-tree/virtio* 2>/dev/null | wc -l") == "0"
    assert "Bus error" in say(machine, "other", f"devmem {PAGE} 32 2>&1")


def interrupts(machine):
    """How many of each card the guest has counted."""
    lines = say(machine, "driver", "grep virtio /proc/interrupts").splitlines()
    assert len(lines) == 2, lines
    return [sum(int(word) for word in line.split()[1:3]) for line in lines]


@pytest.mark.parametrize("gic", [3, 2])
def test_disk_and_network(boot, make_bundle, initrd, disk, web, gic):
    """What the guest writes is there after its restart (after the machine's: test_run's
    the_disk_stays), and whatever was at work then."""
    machines = {"driver": driver(initrd)}
    if gic == 3:
        machines["other"] = guest("other", initrd)
    machine = boot(make_bundle(machines), cpus=2, gic=gic, extra=devices(disk))
    machine.expect(r"^plinth: vm driver: trusted: its devices reach all of the machine's memory$")
    mount(machine)
    assert say(machine, "driver", "echo kept >/d/file; sync; dmesg | grep -c 'BUG\\|WARN'") == "0"
    check_network(machine, web)
    assert all(count > 0 for count in interrupts(machine))
    # All of its vCPUs' CPUs take them: what is mapped to the other one works, too.
    irq = "grep virtio /proc/interrupts | cut -d: -f1"
    assert say(machine, "driver", f"for i in $({irq}); do echo 2 >/proc/irq/$i/smp_affinity; done") == ""
    assert say(machine, "driver", "dd if=/dev/vda of=/dev/null bs=1M 2>&1 | grep -c '16+0 records in'") == "1"
    fetch(machine, web)
    # With devices at work: a restart finds them as at first.
    machine.send("(while true; do dd if=/dev/vda of=/dev/null bs=64k; done) >/dev/null 2>&1 &\n")
    shell.expect_prompt(machine, "driver")
    machine.send("reboot -f\n")
    machine.expect(report_of("driver", 2), 120)
    mount(machine)
    assert say(machine, "driver", "cat /d/file") == "kept"
    check_network(machine, web)
    if gic == 3:
        check_no_other_has_it(machine)


def test_soft_restart(boot, make_bundle, initrd, disk):
    """Plinth goes, its devices are reset, and the next one gives them to the same VM."""
    bundle = make_bundle({"driver": driver(initrd)})
    machine = boot(bundle, cpus=2, extra=[*devices(disk), "-no-reboot"])
    machine.expect(report_of("driver", 2), 120)
    shell.expect_prompt(machine, "driver", 120)
    machine.send("mkdir -p /d; mount /dev/vda /d; echo kept >/d/file; sync\n")
    shell.expect_prompt(machine, "driver")
    go_to_monitor(machine)
    assert "memory-direct" in ask(machine, "vm info driver")
    machine.send("reboot --soft\n")
    machine.expect(r"^plinth: soft restart$")
    machine.expect(report_of("driver", 2), 120)
    shell.expect_prompt(machine, "driver", 120)
    machine.send("mkdir -p /d; mount /dev/vda /d; cat /d/file\n")
    machine.expect(r"^kept$")


def test_refused_by_name(boot, make_bundle, initrd):
    """A page is not split, DMA is not had by accident, and the others start."""
    machines = {
        "a-owner": guest("first", initrd, [*DIRECT, assign(DISK)]),
        "b-split": guest("split", initrd, [*DIRECT, assign(NET)]),
        "c-unaware": guest("unaware", initrd, [assign("/virtio_mmio@a000000")]),
        "d-console": guest("console", initrd, [*DIRECT, assign("/pl011@9000000")]),
        "e-other-page": guest("second", initrd, [*DIRECT, assign("/virtio_mmio@a002000")]),
    }
    machine = boot(make_bundle(machines), cpus=2)
    for line in (
        rf'b-split": assign: "{NET}" shares its 4 KiB page with VM "a-owner"',
        'c-unaware": assign: needs memory-direct: no SMMU translates what devices access',
        'd-console": assign: "/pl011@9000000" has "clock-names", which cannot be copied',
    ):
        machine.expect(rf'^plinth: VM "{line}')
    machine.expect_all([report_of("first", 2), report_of("second", 2)], 120)
