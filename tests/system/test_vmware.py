# SPDX-License-Identifier: Apache-2.0
"""VMware's tools and cloud-init as Debian has them, unmodified, in guests with `vmware;`."""

import base64
import gzip
import re
import time

import pytest
from harness import shell
from harness.console import SLOWNESS
from harness.monitor import ESCAPE, ask, go_to_monitor
from harness.vms import INITRD_VMWARE, debian, guestinfo_node, report_of, with_tools

ALL_OFF = 0
MINUTES = 5
LONGEST_VALUE = 0x10000 - len("info-set guestinfo.big ")  # what a message of 64 KiB has room for

USER_DATA = """\
#cloud-config
write_files:
  - path: /run/from-user-data
    content: {content}
runcmd:
  - echo ran >/run/from-runcmd
"""


VENDOR_DATA = """\
#!/bin/sh
echo "of the vendor" >/run/from-vendor-data
"""


def metadata(name):
    return f"instance-id: iid-{name}\nlocal-hostname: {name}-by-metadata\n"


def plain(name):
    return {
        "metadata": metadata(name),
        "userdata": USER_DATA.format(content=f"for {name}"),
        "vendordata": VENDOR_DATA,
    }


def packed(name):
    """The same, compressed; the guest is to take it away once it is used."""
    userdata = gzip.compress(USER_DATA.format(content=f"for {name}").encode(), mtime=0)
    cleanup = metadata(name) + "cleanup-guestinfo:\n  - userdata\n"
    return {
        "metadata": base64.b64encode(cleanup.encode()).decode(),
        "metadata.encoding": "base64",
        "userdata": base64.b64encode(userdata).decode(),
        "userdata.encoding": "gzip+base64",
        "time.synchronize.tools.slewCorrection": "0",
        "time.synchronize.tools.startup": "1",
    }


DISK = "disk@0 { size = <0x1000000>; }"
ADDRESS = "192.0.2.7"
DAY = 86400
# For the tools to report: an address on an interface that leads nowhere, and a file system.
REPORTED = (
    "/etc/plinth/modules >/dev/null",
    f"ip addr add {ADDRESS}/24 dev dummy0; ip link set dummy0 up",
    "ln -sf /proc/mounts /etc/mtab; mkdir /data",
    "mke2fs /dev/pmem0 >/dev/null; mount /dev/pmem0 /data",
)

SHOWN = ("sys_vendor", "product_name", "product_serial", "product_uuid")
KINDS = {"plain": plain, "packed": packed}
IN_ORDER = pytest.mark.xdist_group("vmware")  # the tests of one machine


@pytest.fixture(scope="module")
def machine(boot_for_module, make_module_bundle):
    """Two guests that run cloud-init and then are at their shells."""
    guests = {
        name: with_tools(name, values(name), "cloud-init,shell", [DISK])
        for name, values in KINDS.items()
    }
    machine = boot_for_module(make_module_bundle(guests), memory_mib=2048)
    done = [rf"^{name}\| plinth-guest: {name} action=cloud-init exit=0$" for name in KINDS]
    shells = [rf"^{name}\| Enter 'help'" for name in KINDS]
    machine.expect_all([*done, *shells], timeout=240)
    return machine


class Guest:
    """The shell of one of the machine's guests."""

    def __init__(self, machine, name):
        self.machine = machine
        self.name = name

    def run(self, command):
        """What the command prints. The keyboard is at this guest's shell afterwards."""
        self.machine.send(f"{ESCAPE}1")  # away from the monitor, or going there prints nothing
        go_to_monitor(self.machine)
        self.machine.send(f"console {self.name}\n")
        shell.expect_prompt(self.machine, self.name)
        text = shell.ask(self.machine, command, self.name, mark=rf"{self.name}\| ")
        return "\n".join(shell.own_lines(text, f"{self.name}| "))


@pytest.fixture
def guests(machine):
    return [Guest(machine, name) for name in KINDS]


def ask_monitor(machine, command):
    machine.send(f"{ESCAPE}1")
    go_to_monitor(machine)
    return ask(machine, command)


def wait_for(machine, command, pattern, seconds=60):
    """Asks the monitor until its answer has the pattern."""
    for _ in range(int(seconds * SLOWNESS)):
        answer = ask_monitor(machine, command)
        if found := re.search(pattern, answer, re.M):
            return found
        time.sleep(1)
    raise AssertionError(f"{command}: no {pattern} in:\n{answer}")


def start_tools(machine, guest, seconds=120):
    """Until their scripts have run; before that they refuse another power operation."""
    guest.run("/etc/plinth/tools")
    finished = f"vm {guest.name}: its tools answer OS_PowerOn: finished"
    deadline = time.monotonic() + seconds * SLOWNESS
    while finished not in machine.console.transcript:
        assert time.monotonic() < deadline, machine.console.transcript
        time.sleep(0.2)


def see_to_tools(machine, guest):
    """They run: since a test before, or from now on."""
    if guest.run("pidof vmtoolsd >/dev/null; echo $?") != "0":
        start_tools(machine, guest)


@IN_ORDER
def test_cloud_init_applies_user_data(guests):
    for guest in guests:
        text = guest.run("cat /run/from-user-data; echo; cat /run/from-runcmd; hostname")
        assert text.split("\n") == [f"for {guest.name}", "ran", f"{guest.name}-by-metadata"]
    assert guests[0].run("cat /run/from-vendor-data") == "of the vendor"
    used = guests[1].run("vmware-rpctool 'info-get guestinfo.userdata'")
    assert used == "---", "cleanup-guestinfo"


@IN_ORDER
def test_smbios_says_vmware(guests):
    shown = []
    for guest in guests:
        text = guest.run(f"cd /sys/class/dmi/id; cat {' '.join(SHOWN)}")
        vendor, product, serial, uuid = text.split("\n")
        assert (vendor, "VMware" in product) == ("VMware, Inc.", True)
        assert re.fullmatch(r"VMware(-[0-9a-f]{2}( [0-9a-f]{2}){7}){2}", serial)
        assert re.sub(r"VMware-|[ -]", "", serial) == uuid.replace("-", "")
        shown.append(uuid)
    assert shown[0] != shown[1]


@IN_ORDER
def test_checkvm(guests):
    text = guests[0].run("for option in '' -h -p; do vmware-checkvm $option; echo $?; done")
    found, *usage, product, code = text.split("\n")
    assert (found, product, code) == ("VMware software version 6 (good)", "Workstation", "0")
    assert [line for line in usage if line.isdigit()] == ["0", "0"]


@IN_ORDER
def test_rpctool(guests):
    one, other = guests
    rpctool = "vmware-rpctool"
    assert one.run(f"{rpctool} 'info-set guestinfo.key a value'; echo $?").split() == ["0"]
    assert one.run(f"{rpctool} 'info-get guestinfo.key'; echo $?") == "a value\n0"
    assert other.run(f"{rpctool} 'info-get guestinfo.key'; echo $?") == "No value found\n1"
    assert one.run(f"{rpctool} 'no such thing'; echo $?") == "Unknown command\n1"
    fill = f"{rpctool} \"info-set guestinfo.big $(head -c {{}} /dev/zero | tr '\\0' x)\" >/dev/null"
    big = f"{rpctool} 'info-get guestinfo.big' | tr -d '\\n' | wc -c"
    assert one.run(f"{fill.format(LONGEST_VALUE)}; echo $?; {big}") == f"0\n{LONGEST_VALUE}"
    too_long = fill.format(LONGEST_VALUE + 1)
    assert one.run(f"{too_long} 2>&1; echo $?; {big}") == f"1\n{LONGEST_VALUE}"


@IN_ORDER
def test_guestinfo_in_the_monitor(machine, guests):
    assert "guestinfo.key" not in ask_monitor(machine, "guestinfo packed")
    assert ask_monitor(machine, "guestinfo plain key") == "key = a value\n"
    ask_monitor(machine, "guestinfo plain key other")
    assert guests[0].run("vmware-rpctool 'info-get guestinfo.key'") == "other"


@IN_ORDER
def test_tools_as_a_daemon(machine, guests):
    """They answer heartbeats, run the scripts of power operations, and tell of their guest."""
    guest = guests[0]
    for command in REPORTED:
        guest.run(command)
    start_tools(machine, guest)
    info = "vm info plain"
    pings = int(wait_for(machine, info, r"tools: listening, .*pings ([1-9]\d*)").group(1))
    wait_for(machine, info, r"guest: .*plain-by-metadata")
    wait_for(machine, info, r"guest: os.*debian12-64")
    assert re.search(r"version 12\d{3}", ask_monitor(machine, info))
    toolbox = "vmware-toolbox-cmd"
    speed, hosttime = guest.run(f"for s in speed hosttime; do {toolbox} stat $s; done").split("\n")
    assert re.fullmatch(r"\d+ MHz", speed)
    assert re.fullmatch(r"\d+ \w+ 20\d\d .*", hosttime)
    sync = guest.run(f"for verb in enable status; do {toolbox} timesync $verb; done")
    assert sync.split("\n") == ["Enabled", "Enabled"]
    assert guest.run(f"{toolbox} info update network; echo $?").split("\n")[-1] == "0"
    config = guest.run(f"{toolbox} config set a b c; {toolbox} config get a b")
    assert config.split("\n")[-1] == "[a] b = c"
    wait_for(machine, info, rf"tools: listening, .*pings (?!{pings}\b)\d+")


@IN_ORDER
def test_the_guests_report_of_itself(machine):
    """Every line of it, from the daemon that the test before has started."""
    info = "vm info plain"
    wait_for(machine, info, rf"guest: address: {ADDRESS}$")
    wait_for(machine, info, r"guest: disks: .*/data$")
    wait_for(machine, info, r"guest: tools build: build-\d+$")
    hundredths = int(wait_for(machine, info, r"guest: uptime: (\d+)$").group(1))
    assert 0 < hundredths < 100 * DAY
    assert re.search(r"vm plain: guest says: \S", machine.console.transcript)


@IN_ORDER
def test_the_tools_keep_the_guests_time(machine, guests):
    """A clock that is a day behind is put right as soon as its user wants it kept."""
    guest = guests[0]
    toolbox = "vmware-toolbox-cmd timesync"
    before = int(guest.run(f"{toolbox} disable >/dev/null; date +%s"))
    guest.run(f"date -s @{before - DAY} >/dev/null")
    assert before - DAY <= int(guest.run("date +%s")) < before
    guest.run(f"{toolbox} enable")
    deadline = time.monotonic() + 30 * SLOWNESS
    while int(guest.run("date +%s")) < before:
        assert time.monotonic() < deadline, "its clock is still behind"
        time.sleep(1)


@IN_ORDER
def test_the_owner_has_the_time_put_right(machine, guests):
    """As soon as the tools come up, by a preset of the VM's description; its guest asked nothing."""
    guest = guests[1]
    assert guest.run("pidof vmtoolsd >/dev/null; echo $?") != "0"
    before = int(guest.run("date +%s"))
    guest.run(f"date -s @{before - DAY} >/dev/null")
    start_tools(machine, guest)
    assert before <= int(guest.run("date +%s")) < before + DAY
    assert guest.run("vmware-toolbox-cmd timesync status") == "Disabled"


@pytest.mark.long
@IN_ORDER
def test_tools_for_minutes(machine, guests):
    """Polls, heartbeats and the guest's report go on, nothing piles up, and it still obeys."""
    see_to_tools(machine, guests[0])
    info = "vm info plain"
    report = r"tools: listening, .*pings (\d+); (\d+) channels, (\d+) KiB"
    first = wait_for(machine, info, report)
    for _ in range(MINUTES):
        time.sleep(60)
        last = wait_for(machine, info, report)
    pings, channels, kib = (int(last.group(i)) - int(first.group(i)) for i in (1, 2, 3))
    assert pings >= MINUTES * 2 and abs(channels) <= 2 and kib < 300, (first, last)
    text = guests[0].run("pidof vmtoolsd >/dev/null; echo $?; vmware-toolbox-cmd stat speed")
    assert re.fullmatch(r"0\n\d+ MHz", text), text


@IN_ORDER
def test_soft_power(machine, guests):
    """Halt, suspend and reboot by the guest's own hands. Its scripts are hundreds of processes: on a
    busy machine they take longer than the ten seconds that they have by default."""
    for guest in guests:
        see_to_tools(machine, guest)
    ask_monitor(machine, "vm list")
    machine.send(f"vm pause packed {int(60 * SLOWNESS)}\n")
    machine.expect(r"its tools answer OS_Suspend: finished")
    wait_for(machine, "vm list", "^packed +paused")
    machine.send("vm resume packed\n")
    machine.expect(r"its tools answer OS_Resume: finished")
    machine.send("vm reboot packed\n")
    machine.expect(r"its tools answer OS_Reboot: finished")
    machine.expect(report_of("packed", 1))
    machine.send("vm stop plain\n")
    machine.expect(r"its tools answer OS_Halt: finished")
    machine.expect(r"^plinth: vm plain: off")
    machine.send("vm stop packed now\n")
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"


def test_four_guests_at_once(boot, make_bundle):
    """More than the machine has CPUs, each with its own values."""
    guests = {}
    for name in ("north", "east", "south", "west"):
        node = guestinfo_node({"who": name})
        files = debian(
            name,
            vcpus=1,
            action="rpc,poweroff",
            bootargs="plinth.seconds=10",
            extra=["vmware", node],
        )
        guests[name] = {**files, "initrd.gz": INITRD_VMWARE}
    machine = boot(make_bundle(guests))
    machine.expect_all([rf"{name} rpc ok rounds=10" for name in guests], timeout=120)
    assert machine.expect_exit(ALL_OFF) == "all VMs are off"
