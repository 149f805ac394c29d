# SPDX-License-Identifier: Apache-2.0
"""plinthctl in a Debian guest that manages another one."""

import json
import re
import time

import pytest
from harness import shell
from harness.control import Guest, boss, refused, wait_for_state
from harness.monitor import ask, go_to_monitor
from harness.vms import INITRD_CONTROL, MIB, debian, report_of

IN_ORDER = pytest.mark.xdist_group("control")  # the tests of one machine


@pytest.fixture(scope="module")
def machine(boot_for_module, make_module_bundle):
    worker = debian("worker", vcpus=2, action="shell", vmware=True)
    bundle = make_module_bundle({"boss": boss(), "worker": worker})
    machine = boot_for_module(bundle, memory_mib=1024)
    reports = [report_of("boss", 1), report_of("worker", 2)]
    shells = [r"^boss\| This VM may manage Plinth(?s:.*?)boss# ", r"^worker\| Enter 'help'"]
    machine.expect_all([*reports, *shells], timeout=120)
    return machine


@pytest.fixture
def guest(machine):
    return Guest(machine)


@IN_ORDER
def test_list_and_info(guest):
    vms = {vm["name"]: vm for vm in guest.json("vm list")}
    assert set(vms) == {"boss", "worker"}
    assert vms["worker"]["state"] == "running" and vms["worker"]["vcpus"] == 2
    assert vms["worker"]["memory_bytes"] == 256 << 20
    assert 16 << 20 < vms["worker"]["used_bytes"] <= 256 << 20
    info = guest.json("vm info boss")
    assert info["flags"] == ["control"]
    assert info["rights"] == ["observe", "power", "config", "memory"]
    worker = guest.json("vm info worker")
    assert worker["flags"] == ["vmware"] and worker["rights"] == []
    assert [vcpu["id"] for vcpu in worker["vcpu"]] == [0, 1]
    assert all(vcpu["exits_abort"] > 0 and vcpu["ran_ms"] > 0 for vcpu in worker["vcpu"])
    assert re.search(r"^worker +running +2 ", guest.run("plinthctl vm list"), re.M)
    text = guest.run("plinthctl vm info worker")
    assert re.search(r"^vcpu 1: .* exits: hvc [1-9]", text, re.M) and "flags: vmware" in text


@IN_ORDER
def test_host_and_metrics(guest):
    host = guest.json("host")
    assert (host["cpus"], host["vms"]) == (2, 2)
    assert host["free_bytes"] < host["memory_bytes"] < 1 << 30
    assert "used by guests" in guest.run("plinthctl host")
    text = guest.run("plinthctl metrics")
    samples = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP plinth_\w+ .*|TYPE plinth_\w+ (gauge|counter))", line)
            continue
        found = re.fullmatch(r'(plinth_\w+)(\{vm="\w+"(?:,kind="\w+")?\})? ([0-9.]+)', line)
        assert found, line
        samples[found.group(1) + (found.group(2) or "")] = float(found.group(3))
    assert samples["plinth_cpus"] == 2
    assert samples['plinth_vm_running{vm="worker"}'] == 1
    assert samples['plinth_vm_exits_total{vm="worker",kind="abort"}'] > 0
    assert samples['plinth_vm_cpu_seconds_total{vm="boss"}'] > 0


@IN_ORDER
def test_top(guest):
    rows = {row["name"]: row for row in guest.json("top --once")}
    assert 0 < rows["boss"]["cpu_permille"] <= 1000  # it has one vCPU
    assert "NAME" in guest.run("plinthctl top --once")


@IN_ORDER
def test_log_and_trace(guest):
    lines = guest.run("plinthctl log").splitlines()
    assert any(re.fullmatch(r" *\d+\.\d{6} vm worker: 2 vCPUs, 256 MiB", line) for line in lines)
    first = json.loads(guest.run("plinthctl --json log | head -1"))
    assert set(first) == {"time_us", "text"}
    assert guest.run_status("plinthctl trace on") == ("", 0)
    guest.run("plinthctl host >/dev/null; plinthctl trace off")
    records = [json.loads(line) for line in guest.run("plinthctl --json trace | tail -20").split("\n")]
    times = [record["time"] for record in records]
    assert len(times) == 20 and times == sorted(times)
    assert any(record["kind"] == "exit" and record.get("vm") == 0 for record in records)


@IN_ORDER
def test_guestinfo(guest):
    assert guest.run_status("plinthctl guestinfo worker colour 'deep blue'") == ("", 0)
    assert guest.run("plinthctl guestinfo worker colour") == "deep blue"
    assert guest.json("guestinfo worker")["colour"] == "deep blue"
    refused(guest, "guestinfo worker taste", 1, "no value for taste")
    refused(guest, "guestinfo boss", 0, "")


@IN_ORDER
def test_looking_into_the_other_vm(guest):
    banner = guest.run("plinthctl find-kernel worker")
    base = int(re.search(r"kernel at ([0-9a-f]+)", banner).group(1), 16)
    assert "Linux version 6.1" in banner
    assert guest.json("find-kernel worker") == banner.split("\n")
    text = base + 0x10000  # the first 64 KiB are not mapped
    translated = guest.run(f"plinthctl translate worker {text:x}")
    assert re.match(rf"{text:016x}-[0-9a-f]+ r", translated), translated
    head = guest.run(f"plinthctl scan worker --from {text:x} --to {text + 0xFFF:x}")
    assert f"{text:016x}" in head
    mapped = guest.run("plinthctl map worker /tmp/worker.svg")
    assert re.fullmatch(r"/tmp/worker.svg: \d\d+ ranges", mapped)
    assert guest.run("head -c 4 /tmp/worker.svg; echo") in ("<svg", "<?xm")
    read = guest.run(f"plinthctl read worker {text:x} 16")
    assert re.search(r"[0-9a-f]{2} [0-9a-f]{2}", read), read


@IN_ORDER
def test_json_of_what_else_answers(guest):
    """One value each, beside those that other tests here parse."""
    gpa = f"{0x40000000 + (255 << 20):x}"
    assert all(0 <= byte <= 255 for byte in guest.json(f"memory read worker {gpa} 24"))
    assert len(guest.json(f"memory read worker {gpa} 24")) == 24
    assert guest.json(f"memory read worker {gpa} 24 /tmp/same") == {"file": "/tmp/same", "bytes": 24}
    assert guest.json(f"memory write worker {gpa} /tmp/same") == {"bytes": 24}
    svg = guest.json("map worker /tmp/worker.svg")
    assert svg["file"] == "/tmp/worker.svg" and svg["ranges"] > 10
    found = re.search(r"kernel at ([0-9a-f]+)", guest.json("find-kernel worker")[0])
    text = int(found.group(1), 16) + 0x10000
    assert guest.json(f"translate worker {text:x}")[0].startswith(f"{text:016x}")
    assert any(line.startswith(f"{text:016x}") for line in guest.json(f"read worker {text:x} 16"))
    metrics = {sample["name"]: sample["value"] for sample in guest.json("metrics")}
    assert metrics["plinth_cpus"] == 2 and metrics["plinth_memory_bytes"] > 512 << 20
    assert any(f"{text:016x}" in line for line in guest.json(f"scan worker --from {text:x} --to {text + 4095:x}"))


@IN_ORDER
def test_memory_and_registers(guest):
    refused(guest, "registers worker", 1, "not paused; `plinthctl vm pause worker` first")
    guest.run("plinthctl vm pause worker --now")
    wait_for_state(guest, "paused")
    registers = guest.json("registers worker --vcpu 1")
    assert int(registers["mpidr_el1"], 16) & 0xFF == 1
    assert int(registers["ttbr1_el1"], 16) != 0
    refused(guest, "registers worker --vcpu 2", 1, "there is none")
    # Its memory, there and back: the last page of it, which the kernel keeps.
    gpa = f"{0x40000000 + (255 << 20):x}"
    write = f"plinthctl memory write worker {gpa} /tmp/old"
    guest.run(f"plinthctl memory read worker {gpa} 5000 /tmp/old; tr '\\0-\\377' '\\1-\\377\\0' </tmp/old >/tmp/new")
    guest.run(f"plinthctl memory write worker {gpa} /tmp/new")
    same = f"plinthctl memory read worker {gpa} 5000 /tmp/back; cmp /tmp/new /tmp/back && ! cmp -s /tmp/old /tmp/back"
    assert guest.run_status(same) == ("", 0)
    assert guest.run(write) == "5000 bytes written"
    refused(guest, "memory read worker 0 16", 1, "no memory of that VM is there")
    guest.run("plinthctl vm resume worker")
    wait_for_state(guest, "running")


@IN_ORDER
def test_console(guest):
    """The other VM's shell, through this one's: its prompt, a command, and what it answers."""
    script = "(sleep 1; printf 'echo answer-$((6 * 7))\\n'; sleep 3) | plinthctl console worker"
    text = guest.run(f"{script}; echo")
    assert "answer-42" in text, text
    refused(guest, "console boss", 1, "is this VM itself")


@IN_ORDER
def test_power_and_events(guest):
    """Each step is an event, which wakes who follows them, by the GPIO line."""
    before = guest.json("vm info worker")["starts"]
    guest.run("plinthctl --json events --follow >/tmp/events & sleep 1; grep pl061 /proc/interrupts")
    irqs = "awk '/pl061|gpio/ { n += $2 } END { print n }' /proc/interrupts"
    count = int(guest.run(irqs))
    guest.run("plinthctl vm pause worker --now; sleep 1; plinthctl vm resume worker")
    guest.run("plinthctl vm reset worker; sleep 1")
    wait_for_state(guest, "running")
    assert guest.json("vm info worker")["starts"] == before + 1
    guest.run("plinthctl vm stop worker --now")
    wait_for_state(guest, "off")
    refused(guest, "vm stop worker --now", 1, "not possible in its state")
    refused(guest, "vm pause worker", 1, "not possible in its state")
    guest.run("plinthctl vm start worker")
    wait_for_state(guest, "running")
    assert int(guest.run(irqs)) > count, "woken by interrupts"
    lines = guest.run("sleep 1; kill %1; cat /tmp/events").splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    states = [event["state"] for event in events if event.get("vm") == "worker" and "state" in event]
    expected = ["paused", "running", "stopping", "starting", "running", "stopping", "off"]
    end = len(states) - 2
    assert states[end:] == ["starting", "running"]
    assert states[end - len(expected) : end] == expected


@IN_ORDER
def test_settings(guest):
    assert guest.run_status("plinthctl vm set worker weight=250 affinity=1") == ("", 0)
    info = guest.json("vm info worker")
    assert (info["weight"], info["affinity"]) == (250, "0x2")
    refused(guest, "vm set worker weight=0", 1, "a value is out of range")
    refused(guest, "vm set worker colour=red", 2, "usage: plinthctl vm")
    assert guest.json("vm set worker weight=100 affinity=all")["affinity"] == "0x0"


@IN_ORDER
def test_errors_and_help(guest):
    refused(guest, "vm info nobody", 1, "no VM is called nobody; `plinthctl vm list` shows them")
    refused(guest, "frobnicate", 2, "`plinthctl --help` lists them")
    refused(guest, "translate worker xyz", 2, "xyz is no number")
    refused(guest, "", 2, "usage: plinthctl")
    text, status = guest.run_status("plinthctl --help")
    assert status == 0
    for command in ("vm", "console", "top", "trace", "events", "metrics", "scan", "map"):
        assert re.search(rf"^  {command} ", text, re.M), command
    assert guest.run_status("plinthctl host >/dev/full")[1] == 1


@IN_ORDER
def test_nobody_is_refused(guest):
    """A process without privilege has no token, and cannot do without one."""
    as_nobody = "su -s /bin/sh nobody -c"
    assert guest.run(f"{as_nobody} 'id -u'") == "65534"
    text, status = guest.run_status(f"{as_nobody} 'plinthctl vm list'")
    assert (status, "only root may control Plinth" in text) == (3, True), text
    text, status = guest.run_status(f"{as_nobody} 'plinth-hostile 3'")
    assert status == 0 and re.search(r"hostile: [1-9]\d* calls, 0 served", text), text


@IN_ORDER
def test_hostile_calls(guest):
    """As root with the token, whatever registers hold: everything is answered, nothing stops."""
    text, status = guest.run_status("plinth-hostile --token 10")
    assert status == 0 and re.search(r"hostile: [1-9]\d{2,} calls", text), text
    assert guest.json("vm info boss")["state"] == "running"
    assert {vm["name"] for vm in guest.json("vm list")} == {"boss", "worker"}


RIGHTS = {
    "observe": ["vm list", "host", "log", "events", "metrics", "trace dump"],
    "power": ["vm pause worker", "vm reset worker", "vm stop worker", "vm start worker"],
    "config": ["vm set worker weight=5", "trace on", "guestinfo worker a b"],
    "memory": ["scan worker", "find-kernel worker", "memory read worker 40000000 4", "registers worker"],
}


@pytest.mark.parametrize("right", RIGHTS)
def test_a_missing_right_is_refused(boot, make_bundle, right):
    """With all rights but one; without `observe` no VM can be found by name either."""
    others = [name for name in RIGHTS if name != right]
    bundle = {
        "boss": boss(" = " + ", ".join(f'"{name}"' for name in others)),
        "worker": {**debian("worker", vcpus=1, action="shell", vmware=True)},
    }
    machine = boot(make_bundle(bundle), memory_mib=1024)
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| Enter 'help'"], 120)
    guest = Guest(machine)
    for command in RIGHTS[right]:
        refused(guest, command, 3, f"lacks the right `{right}`")
    if right != "observe":
        assert guest.json("vm info worker")["state"] == "running"
        assert guest.json("vm info boss")["rights"] == [n for n in RIGHTS if n != right]


def test_a_vm_without_control_has_nothing(boot, make_bundle):
    files = {**debian("plain", vcpus=1, action="shell"), "initrd.gz": INITRD_CONTROL}
    machine = boot(make_bundle({"plain": files}))
    shell.expect_prompt(machine, "plain", 120)
    text = shell.ask(machine, "plinthctl vm list 2>&1; echo status $?", "plain")
    assert "this VM has no control rights" in text and "status 3" in text
    text = shell.ask(machine, "ls /sys/bus/amba/devices", "plain")
    assert "9010000" in text and "9030000" not in text


def test_the_others_outlive_their_manager(boot, make_bundle):
    """The control VM goes off in the middle of a look; the other one runs, and the monitor looks."""
    bundle = {"boss": boss(), "worker": debian("worker", vcpus=1, action="shell")}
    machine = boot(make_bundle(bundle), memory_mib=1024)
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| Enter 'help'"], 120)
    machine.send("plinthctl scan worker >/dev/null & poweroff -f\n")
    machine.expect(r"^plinth: vm boss: off")
    go_to_monitor(machine)
    machine.send("vm list\n")
    machine.expect(r"^worker +running")
    assert re.search(r"Linux version", ask_until(machine, "find-kernel worker", "Linux version"))
    machine.send("vm stop worker now\n")
    machine.expect_exit(0)


def ask_until(machine, command, text, tries=40):
    """The monitor's answer, once the look before has ended."""
    for _ in range(tries):
        answer = ask(machine, command)
        if text in answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(answer)


DISK_AT = 0x80000000  # the gigabyte behind RAM's


def test_no_call_takes_long(boot, make_bundle, tmp_path):
    """Counted by the PMU, on the machine's own virtual time. Memory that nobody has touched, and a
    disk that shows the bundle's own bytes, are what reading and writing costs most for."""
    disk = tmp_path / "disk.img"
    disk.write_bytes(bytes(range(256)) * (4 * MIB // 256))
    extra = ['disk@0 { image = "disk.img"; }']
    worker = debian("worker", vcpus=1, action="shell", vmware=True, extra=extra)
    bundle = {"boss": boss(), "worker": {**worker, "disk.img": disk}}
    machine = boot(make_bundle(bundle), cpus=1, memory_mib=1024, icount=True)
    machine.expect_all([r"^boss\| This VM may(?s:.*?)boss# ", r"^worker\| Enter 'help'"], 240)
    guest = Guest(machine)
    for command in (
        "vm list", "vm info worker", "metrics", "log", "trace on", "trace", "trace off", "events",
        "find-kernel worker", "memory read worker 40000000 20000 /tmp/x",
        "memory write worker 4c000800 /tmp/x", "guestinfo worker a b",
        *(f"memory read worker {at:x} 1010 /tmp/x" for at in range(0x45000FF8, 0x4F000000, 32 * MIB)),
        *(f"memory write worker {at:x} /tmp/x" for at in range(0x46000FF8, 0x4F000000, 32 * MIB)),
        f"memory write worker {DISK_AT + MIB - 8:x} /tmp/x",
        f"memory write worker {DISK_AT + 3 * MIB:x} /tmp/x",
        "guestinfo worker", "vm pause worker --now",
    ):  # fmt: skip
        guest.run(f"plinthctl {command} >/dev/null")
    assert " 07" in guest.run(f"plinthctl memory read worker {DISK_AT + 2 * MIB + 7:x} 1")
    wait_for_state(guest, "paused")
    guest.run("plinthctl registers worker >/dev/null; plinthctl vm stop worker --now")
    wait_for_state(guest, "off")
    guest.run("plinthctl vm start worker; plinthctl vm set worker weight=90 affinity=0")
    host = guest.json("host")
    print(host["longest_call"], host["longest_call_instructions"])
    assert 500 < host["longest_call_instructions"] <= 10_000, host
