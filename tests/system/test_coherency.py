# SPDX-License-Identifier: Apache-2.0
"""Guests' caches (technique 1): programs that make their own code, what the monitor's `coherency`
tells of it, and what stage 2 looks like then. QEMU has no caches: that no stale instruction is ever
executed is shown on the model (coherency_model_test); here, that guests neither hang nor fault."""

import re

import pytest
from harness import shell, stage2
from harness.stage2 import BLOCK, PAGE
from harness.vms import MIB, debian, memory_property, report_of, vm_dts
from plinth import initramfs
from plinth.paths import BUILD, ROOT

ALL_OFF = 0
ESCAPE = "\x14"  # Ctrl-T
RAM = 0x4000_0000  # of a guest; devices lie below
NEIGHBOURHOOD = 64 << 10  # at most that much becomes executable with a page that is fetched
EL2_WRITES = 40  # of the payload, into an executable page
DATA_MIB = 96  # that a Debian guest only writes: its code is spread over up to half as much


def selfmod(vcpus=1, bootargs="", extra=()):
    properties = [
        f"vcpus = <{vcpus}>",
        memory_property(64 * MIB),
        'kernel = "payload.elf"',
        f'bootargs = "cpus={vcpus} {bootargs}"',
        *extra,
    ]
    return {"vm.dts": vm_dts(properties), "payload.elf": BUILD / "payload" / "selfmod.elf"}


def ask(machine, command):
    """The monitor's answer, without what guests say meanwhile."""
    machine.send(f"{command}\n")
    lines = machine.expect(rf"{re.escape(command)}\n((?:.*\n)*?)plinth> ").group(1)
    return re.sub(r"^\w+\|.*\n", "", lines, flags=re.M)


def go_to_monitor(machine):
    machine.send(f"{ESCAPE}m")
    machine.expect(r"^plinth> ")


def coherency(machine, name):
    """The numbers of `coherency NAME`, by name; "mode" and "root" too."""
    text = ask(machine, f"coherency {name}")
    patterns = {
        "read": r"faults: read (\d+)",
        "write": r"faults: .* write (\d+)",
        "fetch": r"faults: .* fetch (\d+)",
        "walk": r"table walk (\d+)",
        "raced": r"raced (\d+)",
        "exec": r"made executable (\d+)",
        "copied": r"copied (\d+)",
        "revoked": r"revoked (\d+)",
        "split": r"split (\d+)",
        "pages": r"cleaned: pages (\d+)",
        "lines": r"cleaned: pages \d+ lines (\d+)",
        "code_lines": r"invalidated: lines (\d+)",
        "icache_all": r"invalidated: .*all (\d+)",
        "idc": r"(\d+) need no clean",
        "dic": r"(\d+) no invalidation",
    }
    own = text[text.index(f"{name}: ") :]
    found = {key: int(re.search(pattern, own).group(1)) for key, pattern in patterns.items()}
    mode, root = re.search(rf"^{name}: (lazy|eager), stage 2 at (0x\w+)$", text, re.M).groups()
    return {**found, "mode": mode, "root": int(root, 16), "text": text}


def snapshot(machine, root):
    """The VM's leaves at this moment."""
    with machine.standing_still():
        found = stage2.leaves(machine, root)
    assert found
    return found


def check_permissions(found):
    """What holds of every lazy VM at any moment."""
    assert not [leaf for leaf in found if leaf.executable and leaf.written]
    assert not [leaf for leaf in found if leaf.executable and leaf.device]
    assert not [leaf for leaf in found if leaf.executable and leaf.size > PAGE]


def printed(machine, name, what):
    """Addresses that the payload in the VM `name` told of."""
    pattern = rf"^{name}\| selfmod: {what} (0x\w+)$"
    found = re.findall(pattern, machine.console.transcript, re.M)
    assert found
    return [int(address, 16) for address in found]


def check_areas(found, data, executed, tables):
    """2 MiB each: data is one block that cannot be executed; in the others only the neighbourhood
    of what was fetched can."""
    for address in data:
        leaf = stage2.at(found, address)
        assert leaf.size == BLOCK and not leaf.executable and leaf.writable, hex(address)
    for address in executed:
        assert stage2.at(found, address).executable, hex(address)
    near = {address // NEIGHBOURHOOD for address in executed}
    areas = {address // BLOCK for address in [*executed, *data, *tables]}
    for leaf in found:
        if leaf.ipa // BLOCK in areas and leaf.executable:
            assert leaf.ipa // NEIGHBOURHOOD in near, hex(leaf.ipa)
    for address in tables:
        assert not stage2.at(found, address).executable or address // NEIGHBOURHOOD in near


@pytest.mark.parametrize("cpu", ["cortex-a57", "max"])
def test_self_modifying_guest(boot, make_bundle, cpu):
    """Four vCPUs on two CPUs, beside the same program that resets itself again and again, and one
    that is eager; then Plinth's counters and the mappings of the moment."""
    vms = {
        "code": selfmod(4),
        "again": selfmod(bootargs="reset=1"),
        "eager": selfmod(extra=['coherency = "eager"']),
    }
    machine = boot(make_bundle(vms), cpu=cpu)
    for _ in range(3):
        machine.expect(r"^again\| selfmod: reset")
    go_to_monitor(machine)
    machine.send("vm stop again\n")
    for name in ("code", "eager"):
        if f"{name}| selfmod: ready" not in machine.console.transcript:
            machine.expect(rf"^{name}\| selfmod: ready", timeout=120)
    machine.send("\n")
    machine.expect(r"^plinth> ")
    lazy, eager = coherency(machine, "code"), coherency(machine, "eager")
    check_strategy(lazy["text"], cpu)
    check_lazy(lazy)
    check_eager(eager)
    assert re.findall(r"^(\w+): (lazy|eager), ", ask(machine, "coherency"), re.M) == [
        ("again", "lazy"),
        ("code", "lazy"),
        ("eager", "eager"),
    ]
    found = snapshot(machine, lazy["root"])
    check_permissions(found)
    check_areas(found, *[printed(machine, "code", what) for what in ("data", "executed", "table")])
    for index, name in ((2, "code"), (3, "eager")):
        machine.send(f"{ESCAPE}{index}x")
        result = machine.expect(rf"^{name}\| payload: (\d+) checks, (\d+) failed")
        assert int(result.group(1)) > 20 and int(result.group(2)) == 0
    machine.expect_exit(ALL_OFF)
    assert "FAIL: " not in machine.console.transcript


def check_strategy(text, cpu):
    fwb = "always write-back (FWB)" if cpu == "max" else "cleaned to PoC with caches off"
    assert re.match(rf"coherency: data lines 64 B.*{re.escape(fwb)}\nPlinth itself: lines cleaned [1-9]", text)


def check_lazy(counts):
    assert counts["mode"] == "lazy"
    assert counts["revoked"] == EL2_WRITES  # each of Plinth's writes, and nothing else
    assert counts["exec"] >= EL2_WRITES  # and each was fetched anew
    assert counts["fetch"] > 0 and counts["write"] > 0 and counts["read"] > 0
    assert counts["walk"] >= 2
    assert counts["copied"] > 0
    assert counts["lines"] >= counts["pages"] * (PAGE // 64) > 0
    assert counts["code_lines"] > 0 or counts["icache_all"] > 0
    assert counts["idc"] == counts["dic"] == 0  # QEMU's CPUs have neither


def check_eager(counts):
    """Everything is maintained and executable from the start, but for what Plinth writes later."""
    assert counts["mode"] == "eager"
    assert counts["revoked"] == EL2_WRITES
    assert counts["exec"] == EL2_WRITES


@pytest.fixture
def jit_initrd(tmp_path):
    path = tmp_path / "jit.gz"
    initramfs.write_jit(path, ROOT / "tests" / "guest" / "traces.lua")
    return path


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.long)])
def test_jit_in_debian(boot, make_bundle, jit_initrd, seconds):
    """Two JITs, ours and Debian's LuaJIT, on two vCPUs; meanwhile every page that is executable was
    maintained, and large blocks stay where nothing was executed."""
    guest = debian("jit", 2, action="jit,shell", bootargs=f"plinth.seconds={seconds}")
    guest["initrd.gz"] = jit_initrd
    machine = boot(make_bundle({"jit": guest}))
    machine.expect(report_of("jit", 2), timeout=120)
    own = machine.expect(
        r"JIT: threads 2 made (\d+) patched (\d+) runs (\d+) wrong 0", timeout=120 + 10 * seconds
    )
    made, patched, runs = map(int, own.groups())
    assert made > 300 * seconds and patched > 100 * seconds and runs > 1000 * seconds
    for _ in range(2):
        traces = machine.expect(r"JIT: luajit rounds \d+ traces (\d+) wrong 0", timeout=120)
        assert int(traces.group(1)) > 50 * seconds
    machine.expect(r"plinth-guest: jit jit ok")
    machine.expect(r"^jit# ")
    shell.ask(machine, f"dd if=/dev/zero of=/data bs=1M count={DATA_MIB}", "jit")
    go_to_monitor(machine)
    counts = coherency(machine, "jit")
    assert counts["mode"] == "lazy" and counts["revoked"] == 0  # nobody but the guest wrote
    found = snapshot(machine, counts["root"])
    check_permissions(found)
    check_debian(found, counts)
    machine.send(f"{ESCAPE}1/etc/plinth/poweroff\n")
    machine.expect_exit(ALL_OFF)


def check_debian(found, counts):
    """What is executable was fetched; most of memory is mapped in blocks that were not."""
    ram = [leaf for leaf in found if leaf.ipa >= RAM]
    executable = [leaf for leaf in ram if leaf.executable]
    fetches = counts["fetch"] + counts["exec"]
    assert 0 < len(executable) <= fetches * (NEIGHBOURHOOD // PAGE)
    blocks = [leaf for leaf in ram if leaf.size == BLOCK]
    assert len(blocks) * BLOCK > sum(leaf.size for leaf in ram) // 2
    assert not [leaf for leaf in found if leaf.ipa < RAM and leaf.executable]
