# SPDX-License-Identifier: Apache-2.0
"""What exits cost, in instructions: tests/payload/exits.c and exits_sleep.c as guests with two vCPUs,
and the same at EL1 without a hypervisor, whose figures are taken off. Medians; NAME_min is the least,
NAME_nomitig what a build adds that leaves out what keeps speculation from indices of guests.
With two CPUs the instructions of both count. With --peers beside Debian's KVM and Xen."""

import re

from plinth import bars, bench, build, peer_runs, peers
from plinth import measure as qemu_runs
from plinth.errors import PlinthError
from plinth.paths import BUILD, IMAGE, shown

PAYLOADS = BUILD / "payload"
EVENTS = (
    "hvc",
    "sysreg_trap",
    "vgic_mmio_read",
    "vgic_mmio_write",
    "eoi",
    "sgi_self",
    "ipi",
    "timer",
    "spi_injection",
    "console_char",
    "stage2_fault",
    "fetch_fault",
    "wfi_wake",
    "vcpu_switch",
)
# Those of issue 10; of the distributor (160 and 190) what must not be lost again.
GOALS = {
    "hvc": 100,
    "sysreg_trap": 110,
    "vgic_mmio_read": 156,
    "vgic_mmio_write": 161,
    "sgi_self": 280,
    "ipi": 410,
    "timer": 180,
}

# The machine has little more than the guest's 128 MiB: idle CPUs clear free memory, and what they
# execute meanwhile would count as part of the events.
MEMORY_MIB = 192
GUEST_MEMORY = 128 << 20

# CPU model -> the peers on it, as columns.
MODELS = {
    "cortex-a57": ("kvm_nvhe", "xen"),
    "neoverse-n1": ("kvm_vhe", "xen"),  # where all of them overwrite branch histories
    "max": ("kvm_vhe", "xen"),
}


def measure(cpu=qemu_runs.CPU):
    figures = {}
    bares = without_hypervisor(cpu)
    open_to_speculation = plinth(cpu, without_mitigations())
    for name, (total, bare) in figures_of(plinth(cpu), bares).items():
        figures[name], figures[f"{name}_min"] = added(total, bare)
        figures[f"{name}_nomitig"] = added(open_to_speculation[name], bare)[0]
        figures[f"{name}_total"] = total[0]
        figures[f"{name}_bare"] = bare[0]
    return figures


def without_mitigations():
    """An image that is made for this bench."""
    build.build_preset("nomitig", targets=("plinth_img",))
    return BUILD / "nomitig" / IMAGE.name


def added(total, bare):
    """Of (median, least) each; never -0.0."""
    return tuple(round(more - less, 1) + 0.0 for more, less in zip(total, bare, strict=True))


def figures_of(totals, bares):
    missing = [name for name in EVENTS if name not in totals]
    if missing:
        raise PlinthError(f"bench: the payload did not print {', '.join(missing)}")
    return {name: (totals[name], bares[name]) for name in EVENTS}


def events(awake, asleep, one_cpu):
    """{event: (median, least)} of the consoles of exits.c and exits_sleep.c on two CPUs, and of
    exits_sleep.c on one."""
    found = lines(awake)
    found["wfi_wake"] = lines(asleep)["sleep_wake"]
    found["vcpu_switch"] = lines(one_cpu)["sleep_wake"] if one_cpu else (0.0, 0.0)
    return found


def lines(console):
    found = re.findall(r"BENCH: (\w+) (\d+) (\d+)\s*$", console, re.MULTILINE)
    if not found:
        raise PlinthError(f"bench: the payload printed no figures\n{console}")
    return {name: (int(median) / 100, int(least) / 100) for name, median, least in found}


def board(cpu, cpus, **settings):
    return qemu_runs.board(cpu=cpu, cpus=cpus, memory_mib=MEMORY_MIB, **settings)


def plinth(cpu, image=IMAGE):
    def guest(name, cpus):
        memory = f"memory = /bits/ 64 <{GUEST_MEMORY:#x}>"
        properties = ("vcpus = <2>", memory, 'kernel = "guest.elf"')
        files = {"guest.elf": PAYLOADS / f"{name}.elf"}
        return qemu_runs.under_plinth(board(cpu, cpus), name, properties, files, image)

    return events(guest("exits", 2), guest("exits_sleep", 2), guest("exits_sleep", 1))


def without_hypervisor(cpu):
    """Two vCPUs on one CPU are nothing that a machine without a hypervisor could do."""
    machine = board(cpu, 2, el2=False)
    awake = qemu_runs.console(machine, PAYLOADS / "exits.elf")
    return events(awake, qemu_runs.console(machine, PAYLOADS / "exits_sleep.elf"), None)


def kvm(cpu):
    programs = [PAYLOADS / "exits.elf", PAYLOADS / "exits_sleep.elf"]
    both = peer_runs.under_kvm(cpu, 2, programs)
    return events(both, both, peer_runs.under_kvm(cpu, 1, programs[1:]))


def xen(cpu):
    def guest(name, cpus):
        return peer_runs.under_xen(cpu, cpus, PAYLOADS / f"{name}_xen.elf")

    return events(guest("exits", 2), guest("exits_sleep", 2), guest("exits_sleep", 1))


def measure_peers():
    """Prints a table for each CPU model and draws it; {system_event: median}, and its least as
    system_event_min, with _on_MODEL behind where that is not the benches' own."""
    peers.ensure()
    figures = {}
    for cpu, (kvm_name, xen_name) in MODELS.items():
        bare = without_hypervisor(cpu)
        systems = {"plinth": plinth(cpu), xen_name: xen(cpu), kvm_name: kvm(cpu)}
        table = {
            system: {name: added(*pair) for name, pair in figures_of(found, bare).items()}
            for system, found in systems.items()
        }
        if cpu == qemu_runs.CPU:
            table["plinth"]["backdoor_getversion"] = backdoor()
        print_comparison(cpu, table)
        draw(cpu, table)
        suffix = "" if cpu == qemu_runs.CPU else f"_on_{cpu}"
        for system, row in table.items():
            for name, (median, least) in row.items():
                figures[f"{system}_{name}{suffix}"] = median
                figures[f"{system}_{name}_min{suffix}"] = least
    return figures


def backdoor():
    """Plinth's alone: what VMware's guests ask is nothing that the others answer."""
    figure = bench.load(bench.BENCHES / "backdoor.py").measure()["backdoor_getversion"]
    return figure, figure


def print_comparison(cpu, table):
    """Medians and (minima); behind the peers' how many times Plinth's they are."""
    print(f"exits on {cpu}: instructions added over bare EL1, median (least); x: times Plinth's")
    print(f"  {'':<20}" + "".join(f"{system:>32}" for system in table))
    for name, own in table["plinth"].items():
        cells = [cell(row[name], own) if name in row else "-" for row in table.values()]
        print(f"  {name:<20}" + "".join(f"{text:>32}" for text in cells))


def cell(pair, own):
    text = f"{round(pair[0]):,} ({round(pair[1]):,})"
    return text if pair is own or own[0] < 1 else f"{text} {pair[0] / own[0]:>5.1f}x"


def draw(cpu, table):
    path = BUILD / f"exits-{cpu}.svg"
    rows = {
        name: {system: row[name][0] for system, row in table.items() if name in row}
        for name in table["plinth"]
    }
    drawn = {name: row for name, row in rows.items() if max(row.values()) >= 1}
    path.write_text(bars.svg(f"Instructions of an exit, {cpu}, added over bare EL1", drawn))
    print(f"  drawn: {shown(path)}")
