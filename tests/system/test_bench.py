# SPDX-License-Identifier: Apache-2.0
"""The figures hold: each bench that is quick enough, against its goals."""

import pytest
from plinth import bench


def load(name):
    return bench.load(bench.BENCHES / f"{name}.py")


@pytest.mark.parametrize("name", ["exits", "boot", "size"])
def test_goals(name):
    module = load(name)
    figures = module.measure()
    assert module.GOALS
    assert bench.missed_goals(figures, module.GOALS) == []
    assert all(isinstance(value, (int, float)) for value in figures.values())


def test_cold_start_is_measured():
    figures = load("cold_start").measure()
    assert 0 < figures["cold_start"] <= figures["cold_start_two_cpus"]


def test_a_missed_goal_is_named():
    assert bench.missed_goals({"a": 5, "b": 6}, {"a": 5, "b": 5}) == ["b"]


def test_code_is_counted_by_module():
    module = load("size")
    assert module.module_of("core/s2/libs2.a(s2_map.c.obj)") == "core_s2"
    assert module.module_of("/somewhere/lib/libz.a(inflate.o)") == "libz"
    assert module.module_of("core/init/CMakeFiles/core_elf.dir/src/head.S.obj") == "core_init"
    code = module.text_by_module()
    assert code["core_s2"] > 0
    assert code["boot_main"] > 0
