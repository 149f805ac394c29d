# SPDX-License-Identifier: Apache-2.0
"""VMs that plinthctl makes and takes away while others run."""

import io
import re
import subprocess

import pytest
from harness.gdb import frame
from harness.vms import INITRD, INITRD_CONTROL, KERNEL, MIB, PAYLOADS, debian, memory_property
from harness.vms import report_of, vm_dts
from plinth import cpio
from test_control import Guest

# What exits in all ways that there are, and does not end by itself for a while.
BUSY_BODIES = ("exits", "flood", "gic", "hostile", "psci", "selfmod", "timer")

IN_ORDER = pytest.mark.xdist_group("lifecycle")  # the tests of one machine
CYCLES = 12


def dtb(*properties):
    text = vm_dts(properties)
    command = ["dtc", "-q", "-O", "dtb"]
    return subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def tiny(*properties, memory=4 * MIB):
    """The description of a VM that runs a bare program."""
    return dtb("vcpus = <1>", memory_property(memory), 'kernel = "busy.elf"', *properties)


def body(name):
    """A bare program with two vCPUs that finds all that there is."""
    lines = ("vcpus = <2>", memory_property(64 * MIB), f'kernel = "{name}.elf"', "vmware")
    return dtb(*lines, 'bootargs = "ms=60000"')


def linux(name):
    lines = ["vcpus = <1>", memory_property(128 * MIB), 'kernel = "vmlinuz"', 'initrd = "initrd.gz"']
    arguments = f"console=ttyAMA0 quiet plinth.name={name} plinth.action=poweroff"
    return dtb(*lines, f'bootargs = "{arguments}"', "vmware", 'guestinfo { color = "blue"; }')


def initrd(files):
    """The manager's, with the folders of VMs in /vms."""
    archive = io.BytesIO()
    folders = sorted({f"vms/{name.rsplit('/', 1)[0]}" for name in files})
    entries = [cpio.folder(name) for name in ["vms", *folders]]
    cpio.write(archive, [*entries, *(cpio.file(f"vms/{n}", data) for n, data in files.items())])
    first = INITRD_CONTROL.read_bytes()
    return first + bytes(-len(first) % 4) + archive.getvalue()


@pytest.fixture(scope="module")
def machine(boot_for_module, make_module_bundle):
    busy = (PAYLOADS / "busy.elf").read_bytes()
    files = {
        "tiny/vm.dtb": tiny('bootargs = "ms=600000"'),
        "tiny/busy.elf": busy,
        "tiny/brief.dtb": tiny('bootargs = "ms=1 margin=1"'),
        "tiny/huge.dtb": tiny(memory=4096 * MIB),
        "tiny/rights.dtb": tiny("control"),
        "tiny/broken.dtb": tiny('firmware = "none.bin"'),
        "linux/vm.dtb": linux("made"),
        "linux/vmlinuz": KERNEL.read_bytes(),
        "linux/initrd.gz": INITRD.read_bytes(),
    }
    for name in BUSY_BODIES:
        files[f"bodies/{name}.dtb"] = body(name)
        files[f"bodies/{name}.elf"] = (PAYLOADS / f"{name}.elf").read_bytes()
    boss = debian("boss", vcpus=1, memory=768 * MIB, action="shell", extra=["control"])
    weak = debian("weak", vcpus=1, action="shell", extra=['control = "observe", "config"'])
    bundle = make_module_bundle({"boss": {**boss, "initrd.gz": initrd(files)}, "weak": weak})
    machine = boot_for_module(bundle, memory_mib=2048, cpus=2)
    shells = r"^boss\| This VM may manage Plinth(?s:.*?)boss# "
    machine.expect_all([report_of("boss", 1), shells], timeout=180)
    return machine


@pytest.fixture
def guest(machine):
    return Guest(machine)


def counts(guest):
    """What Plinth has for itself, and for VMs: touched, as tables, or promised, of which those that
    run make one of the other."""
    host = guest.json("host")
    kinds = ("guests_bytes", "tables_bytes", "promised_bytes")
    return host["core_bytes"], sum(host[kind] for kind in kinds), host["vms"]


def states(guest):
    return {vm["name"]: vm["state"] for vm in guest.json("vm list")}


def until(guest, condition):
    """The guest's own shell counts the tries."""
    guest.run(f"n=0; until {condition} || [ $n -gt 300 ]; do n=$((n + 1)); sleep 0.1; done")


@IN_ORDER
def test_a_bare_vm_comes_and_goes(guest):
    made = guest.json("vm create /vms/tiny")
    assert made["name"] == "tiny" and made["verb"] == "create"
    assert states(guest)["tiny"] == "off"
    before = counts(guest)
    guest.json("vm start tiny")
    until(guest, "plinthctl vm list | grep -q 'tiny *running'")
    assert states(guest)["tiny"] == "running"
    assert guest.json("vm destroy tiny")["verb"] == "destroy"
    assert "tiny" not in states(guest)
    assert counts(guest)[2] == before[2] - 1


@IN_ORDER
def test_nothing_is_left(guest):
    before = counts(guest)
    loop = (
        f"n=0; while [ $n -lt {CYCLES} ]; do plinthctl vm create /vms/tiny --start || break; "
        "plinthctl vm destroy tiny || break; n=$((n + 1)); done; echo made $n"
    )
    assert f"made {CYCLES}" in guest.run(loop)
    assert counts(guest) == before


@IN_ORDER
def test_destroyed_in_the_middle(guest):
    """Of whatever it does: traps of all kinds, calls, interrupts, CPUs that come and go."""
    before = counts(guest)
    loop = (
        f"for t in 0 0.03 0.1 0.3; do for n in {' '.join(BUSY_BODIES)}; do "
        "plinthctl vm create /vms/bodies/$n.dtb --start && sleep $t && "
        "plinthctl vm destroy $n || echo failed $n; done; done"
    )
    assert guest.run(loop) == ""
    assert counts(guest) == before


@IN_ORDER
def test_a_storm_of_resets(guest):
    before = counts(guest)
    guest.run("plinthctl vm create /vms/tiny --start")
    guest.run("n=0; while [ $n -lt 40 ]; do plinthctl vm reset tiny; n=$((n + 1)); done")
    until(guest, "plinthctl vm list | grep -q 'tiny *running'")
    info = guest.json("vm info tiny")
    assert info["state"] == "running" and info["starts"] > 10
    assert guest.run_status("plinthctl vm destroy tiny") == ("", 0)
    assert counts(guest) == before


@IN_ORDER
def test_a_linux_of_ones_own(guest, machine):
    before = counts(guest)
    answer, status = guest.run_status("plinthctl vm create /vms/linux --name made --start")
    assert (answer, status) == ("", 0)
    assert guest.json("guestinfo made") == {"color": "blue"}
    machine.expect(report_of("made", 1), timeout=120)
    until(guest, "plinthctl vm list | grep -q 'made *off'")
    assert states(guest)["made"] == "off"
    assert guest.run_status("plinthctl vm destroy made") == ("", 0)
    assert counts(guest) == before


@IN_ORDER
@pytest.mark.parametrize(
    ("words", "text"),
    (
        ("/vms/none", "/vms/none: No such file or directory"),
        ("/vms", "/vms/vm.dtb is missing"),
        ("/vms/tiny/huge.dtb", 'VM "huge": memory: 0x100000000 bytes'),
        ("/vms/tiny/broken.dtb", 'firmware: file "none.bin" is not in the bundle'),
        ("/vms/tiny --name boss", "vm create: the name is taken"),
    ),
    ids=("path", "description", "memory", "file", "name"),
)
def test_what_cannot_be_made_says_why(guest, words, text):
    before = counts(guest)
    answer, status = guest.run_status(f"plinthctl vm create {words}")
    assert text in answer and status == 1
    assert counts(guest) == before


def debug(guest, name):
    """A debugger comes, lets one vCPU run alone, stops it, and leaves."""
    said = "; sleep 0.3; ".join(f"printf '{text}'" for text in (frame("vCont;c:1"), r"\003", frame("D")))
    guest.run(f"({said}) | plinthctl gdb {name} --stdio >/tmp/said")
    answer = guest.run("cat /tmp/said; echo")
    assert re.search(r"[$]T02(?s:.*)[$]OK#9a", answer), answer


def test_no_call_takes_long(boot, make_bundle):
    """Counted by the PMU, on the machine's own virtual time."""
    lines = ("vcpus = <123>", memory_property(256 * MIB), 'kernel = "busy.elf"', "vmware")
    files = {
        "tiny/vm.dtb": tiny('bootargs = "ms=600000"'),
        "tiny/many.dtb": dtb(*lines, 'bootargs = "ms=600000"'),
        "tiny/busy.elf": (PAYLOADS / "busy.elf").read_bytes(),
    }
    boss = debian("boss", vcpus=1, memory=384 * MIB, action="shell", extra=["control"])
    other = {"vm.dts": vm_dts(["vcpus = <1>", memory_property(16 * MIB), 'kernel = "busy.elf"'])}
    other["busy.elf"] = files["tiny/busy.elf"]
    bundle = make_bundle({"boss": {**boss, "initrd.gz": initrd(files)}, "other": other})
    machine = boot(bundle, memory_mib=1024, cpus=1, icount=True)
    machine.expect(r"^boss\| This VM may manage Plinth(?s:.*?)boss# ", timeout=240)
    guest = Guest(machine)
    for description, name in (("/vms/tiny", "tiny"), ("/vms/tiny/many.dtb", "many")):
        for verb in (f"create {description}", f"start {name}", f"pause {name}", f"resume {name}"):
            answer, status = guest.run_status(f"plinthctl vm {verb}")
            assert status == 0, answer
        debug(guest, name)
        answer, status = guest.run_status(f"plinthctl vm destroy {name}")
        assert status == 0, answer
    host = guest.json("host")
    print(host["longest_call"], host["longest_call_instructions"])
    assert 500 < host["longest_call_instructions"] <= 10_000, host
