# SPDX-License-Identifier: Apache-2.0
"""What calls of the backdoor cost, in instructions: tests/payload/backdoor_bench.c as a guest. The
greeting is Plinth's part alone; requests go from OPEN to CLOSE and count the guest's part, too.
rpc_longest is the longest call of those that hostile messages make, with the announcement of its size;
rpc_untouched_in and rpc_untouched_out are one of 64 KiB in 17 pages that nobody has touched."""

import re

from plinth import measure as qemu_runs
from plinth.errors import PlinthError
from plinth.paths import BUILD

PAYLOAD = BUILD / "payload" / "backdoor_bench.elf"
EVENTS = ("backdoor_getversion", "rpc_info_get_lb", "rpc_info_get_hb", "rpc_64k_hb")
EVENTS += ("rpc_untouched_in", "rpc_untouched_out", "rpc_longest")
# No call is to take more than 10,000: of these what must not get longer.
GOALS = {
    "backdoor_getversion": 250,
    "rpc_longest": 20_000,
    "rpc_untouched_in": 34_000,
    "rpc_untouched_out": 20_000,
}


def measure():
    description = (
        "vcpus = <1>",
        "memory = /bits/ 64 <0x4000000>",
        'kernel = "backdoor_bench.elf"',
        "vmware",
    )
    guest = qemu_runs.board(cpus=1, memory_mib=256)
    files = {"backdoor_bench.elf": PAYLOAD}
    console = qemu_runs.under_plinth(guest, "backdoor", description, files)
    found = dict(re.findall(r"BENCH: (\w+) (\d+)$", console, re.MULTILINE))
    missing = [name for name in EVENTS if name not in found]
    if missing or "FAIL:" in console:
        raise PlinthError(f"bench: the payload did not print {', '.join(missing)}\n{console}")
    return {name: int(found[name]) / 100 for name in EVENTS}
