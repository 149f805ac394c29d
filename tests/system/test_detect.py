# SPDX-License-Identifier: Apache-2.0
"""plinth-detect: never "present" without a hypervisor, never "absent" with one. Without --long a
slice of the matrix; with it all of it, against KVM and Xen too, which takes hours of CPU time.
PLINTH_DETECT_RUNS changes the number of runs in a cell of the long matrix."""

import contextlib
import datetime
import os
import subprocess

import pytest
from harness import detect_table, detection
from harness.vms import KERNEL
from plinth import deb, peers, xen
from plinth.paths import TEST_LOGS
from plinth.qemu import Board
from plinth.xen import Domain

RUNS = int(os.environ.get("PLINTH_DETECT_RUNS", "200"))
RUNS_IN_CI = 5
CPUS = ("cortex-a57", "cortex-a72", "neoverse-n1", "max")
TABLE = TEST_LOGS / "detect-matrix.txt"
RECORDS = TEST_LOGS / "detect-runs.csv"  # for harness/detect_table.py
HOURS = 3600  # seconds: a machine that is busy with other things takes its time

XEN_KERNEL = 0x60000000
XEN_INITRD = 0x64000000
XEN_PAYLOAD = 0x68000000


@pytest.fixture(scope="module")
def initrd(tmp_path_factory):
    return detection.write_initrd(tmp_path_factory.mktemp("detect") / "initrd.gz")


@pytest.fixture(scope="module")
def long_initrd(tmp_path_factory):
    """With the programs that guess."""
    peers.ensure()
    path = tmp_path_factory.mktemp("detect") / "initrd.gz"
    return detection.write_initrd(path, with_guessers=True)


def judged(found, wrong):
    """Of the four counts those at `wrong` must be zero."""
    for cell in found:
        for counts in filter(None, (cell.full, cell.without)):
            assert all(counts[i] == 0 for i in wrong), cell.text()


def no_hypervisor(found):
    judged(found, (0, 3))


def hypervisor(found):
    judged(found, (1, 2, 3))


def never_absent(found):
    judged(found, (1, 3))


def record(system, transcript, guests, judge, runs, note=""):
    """Checks that all guests have run to their end and that nothing is wrong; into the table either
    way: what was run until then counts. guests: name -> in the page's words."""
    found = detection.cells(system, transcript)
    today = datetime.date.today().isoformat()
    rows = [cell.row(today, guests[cell.guest], note) for cell in found]
    detect_table.append(RECORDS, rows)
    with open(TABLE, "a", encoding="utf-8") as table:
        for cell in found:
            table.write(cell.text() + "\n")
            table.writelines(f"{'':<10}{remark}\n" for remark in cell.remarks)
    print(detection.table_head())
    print("\n".join(cell.text() for cell in found))
    judge(found)
    assert {cell.guest for cell in found} == set(guests), transcript
    for cell in found:
        assert sum(cell.full[:3]) == sum(cell.without[:3]) == runs, cell.text()
        assert cell.guest == "payload" or detection.STATUSES in cell.remarks, cell.remarks
    return found


@contextlib.contextmanager
def recording(system, machine, guests, judge):
    """A cell of the long matrix, which may be ended before it is done."""
    try:
        yield
    finally:
        note = "icount" if "-icount" in machine.command else ""
        record(system, machine.console.transcript, guests, judge, RUNS, note)


def all_absent(found):
    for cell in found:
        assert cell.full[0] == 0 and cell.full[1] > 0, cell.text()


# The slice for CI: five runs in each cell.


def test_bare_el1_start(start, initrd):
    """Under icount, where a second is 10^9 instructions however busy the machine is."""
    arguments = detection.bootargs("one", RUNS_IN_CI)
    board = {"cpus": 1, "memory_mib": 1024, "el2": False, "icount": True}
    machine = start(KERNEL, initrd, arguments, **board)
    machine.wait(timeout=300)
    transcript = machine.console.transcript
    found = record("bare", transcript, {"one": "EL1 start"}, no_hypervisor, RUNS_IN_CI)
    all_absent(found)
    seconds = detection.seconds_taken(transcript)
    assert seconds < 1
    assert detection.seconds_taken(transcript, "took without memory") < seconds / 2


def test_bare_el2_left_empty(start, initrd):
    """Linux is entered at EL2 and leaves it; nobody stays there."""
    arguments = detection.bootargs("one", RUNS_IN_CI) + " kvm-arm.mode=none"
    machine = start(KERNEL, initrd, arguments, cpus=1, memory_mib=1024)
    machine.wait(timeout=300)
    guests = {"one": "EL2 left empty"}
    record("bare", machine.console.transcript, guests, no_hypervisor, RUNS_IN_CI)


def test_under_plinth(boot, make_bundle, initrd):
    """An operating system, and the bare payload at EL1 beside it."""
    guests = {
        "one": detection.plinth_vm("one", 1, RUNS_IN_CI, initrd, ["anonymous"]),
        "payload": detection.plinth_payload(RUNS_IN_CI),
    }
    machine = boot(make_bundle(guests), cpus=2, memory_mib=2048)
    machine.expect_exit(0, timeout=300)
    names = {"one": "Linux", "payload": "EL1 payload"}
    record("Plinth", machine.console.transcript, names, hypervisor, RUNS_IN_CI)


def test_payload_without_hypervisor(start):
    """At EL1, where many registers tell; by default it runs 200 batteries of each kind."""
    machine = start(detection.PAYLOAD, cpus=2, memory_mib=512, el2=False)
    machine.wait(timeout=600)
    guests = {"payload": "EL1 payload"}
    found = record("bare", machine.console.transcript, guests, no_hypervisor, 200)
    all_absent(found)


def test_program_is_static():
    """It must run wherever it is copied: no interpreter, no shared library."""
    headers = subprocess.run(
        ["readelf", "-lW", detection.PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    assert "INTERP" not in headers
    assert "DYNAMIC" not in headers


def test_debian_package():
    package = deb.package_path()
    names = subprocess.run(
        ["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True
    ).stdout
    for name in ("usr/bin/plinth-detect", deb.MANUAL, deb.COPYRIGHT):
        assert f"./{name}\n" in names
    field = ["dpkg-deb", "--field", package, "Architecture"]
    assert subprocess.run(field, capture_output=True, text=True).stdout == "arm64\n"


def test_tables_are_made_from_the_records():
    rows = detect_table.read(detect_table.RUNS)
    assert detect_table.wrong_answers(rows) == 0
    table = detect_table.parts(detect_table.PAGE.read_text())[1]
    assert table == detect_table.render(rows)
    lie = dict(rows[0], system="bare", present="1")
    assert detect_table.wrong_answers([*rows, lie]) > 0


# The matrix. A cell is recorded under the names that docs/detect.md has. But for Xen's, which needs
# a workaround there with more than one CPU, time is instructions (icount): however busy the machine
# is, guests get as many interrupts and as much work beside them as on a CPU of 10^9 instructions
# a second.

ONE = "Linux, 1 vCPU"
FOUR = "Linux, 4 vCPUs"
PAYLOAD = "EL1 payload, 2 vCPUs"
GUESTS = {"one": ONE, "four": FOUR, "payload": PAYLOAD}
PLINTH_GUESTS = {**GUESTS, "one": f"{ONE}, `anonymous;`"}
TDCC = "QEMU 10 (TDCC)"
LEVELS = {
    "none": "EL1 start",
    "kvm-arm.mode=none": "EL2 left empty",
    "kvm-arm.mode=nvhe": "KVM idle at EL2",
}


def plural(number, what):
    return f"{number} {what}" + ("s" if number > 1 else "")


@pytest.mark.long
@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("el2", LEVELS)
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_bare(start, long_initrd, cpu, el2, cpus):
    arguments = detection.bootargs("linux", RUNS) + ("" if el2 == "none" else f" {el2}")
    board = {"cpu": cpu, "cpus": cpus, "memory_mib": 1024, "icount": True}
    machine = start(KERNEL, long_initrd, arguments, el2=el2 != "none", **board)
    guests = {"linux": f"Linux, {plural(cpus, 'CPU')}"}
    with recording(f"bare, {cpu}, {LEVELS[el2]}", machine, guests, no_hypervisor):
        machine.wait(timeout=2 * HOURS)


@pytest.mark.long
@pytest.mark.parametrize("el2", [False, True], ids=["el1", "el2"])
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_bare_payload(start, cpu, el2):
    """Started at EL2, it leaves it empty. It runs 200 batteries of each kind."""
    machine = start(detection.PAYLOAD, cpu=cpu, cpus=2, memory_mib=512, el2=el2)
    machine.wait(timeout=HOURS)
    system = f"bare, {cpu}, {'EL2 left empty' if el2 else 'EL1 start'}"
    guests = {"payload": "EL1 payload, 2 CPUs"}
    record(system, machine.console.transcript, guests, no_hypervisor, 200)


@pytest.mark.long
@pytest.mark.parametrize("cpus", [1, 2])
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_plinth(boot, make_bundle, long_initrd, cpu, cpus):
    """Five or seven vCPUs on one or two CPUs."""
    guests = {
        "one": detection.plinth_vm("one", 1, RUNS, long_initrd, ["anonymous"]),
        "four": detection.plinth_vm("four", 4, RUNS, long_initrd),
        "payload": detection.plinth_payload(RUNS),
    }
    board = {"cpu": cpu, "cpus": cpus, "memory_mib": 4096, "icount": True}
    machine = boot(make_bundle(guests), **board)
    system = f"Plinth, {cpu}, {plural(cpus, 'CPU')}"
    with recording(system, machine, PLINTH_GUESTS, hypervisor):
        machine.expect_exit(0, timeout=2 * HOURS)


@pytest.mark.long
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_kvm(start, long_initrd, tmp_path, cpu):
    """Debian's kernel at EL2, its QEMU as user space; up to four vCPUs on two CPUs."""
    initrd = detection.write_kvm_initrd(tmp_path / "host.gz", long_initrd)
    arguments = f"console=ttyAMA0 quiet plinth.action=kvm,poweroff plinth.runs={RUNS}"
    machine = start(KERNEL, initrd, arguments, cpu=cpu, memory_mib=4096, icount=True)
    with recording(f"KVM, {cpu}, 2 CPUs", machine, GUESTS, hypervisor):
        machine.wait(timeout=4 * HOURS)


def xen_domains(initrd, image):
    kernel = (XEN_KERNEL, KERNEL.stat().st_size)
    ramdisk = (XEN_INITRD, initrd.stat().st_size)
    payload = (XEN_PAYLOAD, image.stat().st_size)
    return [
        Domain(1, 0x100000, kernel, ramdisk, detection.bootargs("one", RUNS)),
        Domain(4, 0x100000, kernel, ramdisk, detection.bootargs("four", RUNS)),
        Domain(2, 0x40000, payload, bootargs=f"runs={RUNS}"),
    ]


@pytest.mark.long
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_xen(start, long_initrd, tmp_path, cpu):
    """Debian's Xen, dom0less; seven vCPUs on two CPUs."""
    image = xen.payload_image(tmp_path / "detect.img", detection.PAYLOAD)
    board = {"cpu": cpu, "cpus": 2, "memory_mib": 4096}
    domains = xen_domains(long_initrd, image)
    dtb = xen.write_dtb(tmp_path / "xen.dtb", Board(**board), domains)
    files = {XEN_KERNEL: KERNEL, XEN_INITRD: long_initrd, XEN_PAYLOAD: image}
    machine = start(peers.XEN, **board, extra=xen.options(dtb, files))
    with recording(f"Xen, {cpu}, 2 CPUs", machine, GUESTS, hypervisor):
        machine.expect_all([rf"detect: {guest} done" for guest in GUESTS], timeout=2 * HOURS)


@pytest.mark.long
def test_many_runs_in_one_vm(boot, make_bundle, initrd):
    """Memory that was executed before shows nothing: twice 200 runs must not use it up."""
    guests = {"one": detection.plinth_vm("one", 1, RUNS, initrd, ["anonymous"])}
    machine = boot(make_bundle(guests), cpus=1, memory_mib=2048, icount=True)
    names = {"one": f"{ONE}, `anonymous;`, alone"}
    with recording("Plinth, cortex-a57, 1 CPU", machine, names, hypervisor):
        machine.expect_exit(0, timeout=HOURS)


@pytest.mark.long
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_tdcc_bare(qemu_with_tdcc, start, initrd, cpu):
    arguments = detection.bootargs("linux", RUNS)
    board = {"cpu": cpu, "cpus": 1, "memory_mib": 1024, "el2": False, "icount": True}
    machine = start(KERNEL, initrd, arguments, **board)
    guests = {"linux": "Linux, 1 CPU"}
    with recording(f"bare, {cpu}, EL1 start; {TDCC}", machine, guests, no_hypervisor):
        machine.wait(timeout=HOURS)


@pytest.mark.long
@pytest.mark.parametrize("cpu", CPUS)
def test_matrix_tdcc_plinth(qemu_with_tdcc, boot, make_bundle, initrd, cpu):
    guests = {"one": detection.plinth_vm("one", 2, RUNS, initrd)}
    machine = boot(make_bundle(guests), cpu=cpu, cpus=1, memory_mib=2048, icount=True)
    names = {"one": "Linux, 2 vCPUs"}
    with recording(f"Plinth, {cpu}, 1 CPU; {TDCC}", machine, names, never_absent):
        machine.expect_exit(0, timeout=HOURS)
