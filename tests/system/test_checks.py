# SPDX-License-Identifier: Apache-2.0
"""The checks of tools/check can fail: each mistake, in a small tree of its own, is reported."""

import shutil
import subprocess
import sys

import pytest
from plinth.paths import ROOT

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
LAYERS = """\
| L2 | `drivers/` | x |
| L3 | `core/low`, `core/other` | x |
| L4 | `core/high` | x |
"""


@pytest.fixture
def check(tmp_path):
    """check("size", {path: text}) -> what tools/check/check_size.py prints about these files."""

    def run(name, files):
        shutil.copytree(
            ROOT / "tools/check", tmp_path / "tools/check",
            ignore=shutil.ignore_patterns("__pycache__"),
        )  # fmt: skip
        for path, text in {"docs/architecture.md": LAYERS, **files}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        done = subprocess.run(
            [sys.executable, f"tools/check/check_{name}.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert not done.stderr
        assert bool(done.stdout) == (done.returncode != 0)
        return done.stdout

    return run


def expect(output, complaint):
    """No complaint wanted: none at all is right."""
    if complaint:
        assert complaint in output
    else:
        assert output == ""


def function(lines, arguments="void"):
    return f"{SPDX}int long_one({arguments})\n{{\n" + "\tx();\n" * lines + "}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (function(80), ""),
        (function(81), "a.c:2: long_one: 81 lines, at most 80"),
        (function(1, "int a, int b, int c, int d, int e, int f"), ""),
        (function(1, "int a, int b, int c, int d, int e, int f, int g"), "7 arguments"),
        (function(1, "int (*f)(int, int, int), int a, int b, int c, int d, int e"), ""),
        ("/* x */\n" * 801, "a.c: 801 lines, at most 800"),
    ],
)
def test_size(check, text, complaint):
    output = check("size", {"core/low/src/a.c": text})
    expect(output, complaint)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("\tstrcpy(a, b);", "a.c:2: strcpy(: no bound"),
        ('\tlog("strcpy(a)"); /* strcpy() is not used */', ""),
        ("\tstrcpy(a, b); /* banned-ok: constant */", ""),
        ("extern int elsewhere;", "a.c:2: extern: declare it"),
        ("\tfree(p);", "no libc in EL2"),
        ("\tops->free(p);", ""),
        ("\tarch_dc_cvau(at);", "core/coh knows where it runs"),
        ("\tdo_lines(arch_dc_cvac);", "core/coh knows where it runs"),
        ("/* TODO: later */", "a.c:2: TODO without an issue"),
        ("/* TODO(#12): later */", ""),
    ],
)
def test_banned(check, line, complaint):
    output = check("banned", {"core/low/src/a.c": f"{SPDX}{line}\n"})
    expect(output, complaint)


@pytest.mark.parametrize(
    ("modules", "complaint"),
    [
        ({"core/high": "plinth_module(high DEPENDS low)", "core/low": "plinth_module(low)"}, ""),
        (
            {"core/low": "plinth_module(low DEPENDS high)", "core/high": "plinth_module(high)"},
            "low (L3) depends on core/high, which is above it",
        ),
        ({"core/new": "plinth_module(new)"}, "core/new has no layer"),
        (
            {
                "core/low": "plinth_module(low DEPENDS other)",
                "core/other": "plinth_module(other PUBLIC_DEPENDS low)",
            },
            "in a circle: low, other",
        ),
        (
            {"boot/main": "plinth_module(main DEPENDS low)", "core/low": "plinth_module(low)"},
            "core/ is another program",
        ),
    ],
)
def test_layers(check, modules, complaint):
    output = check("layers", {f"{path}/CMakeLists.txt": text for path, text in modules.items()})
    expect(output, complaint)


GUARDED = "#ifndef LOW_A_H\n#define LOW_A_H\nint f(void);\n#endif\n"


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"core/low/include/low/a.h": SPDX + GUARDED}, ""),
        ({"core/low/include/low/a.h": GUARDED}, "a.h:1: no 'SPDX"),
        ({"core/low/include/low/a.h": SPDX + GUARDED.replace("LOW_", "_LOW_")}, "not LOW_A_H"),
        ({"core/low/include/low/a.h": SPDX + "int f(void);\n"}, "no include guard"),
        ({"core/low/include/low/a.h": SPDX + GUARDED.replace("int", "u8")}, "compile alone"),
        (
            {
                "core/low/include/low/a.h": SPDX + GUARDED,
                "core/low/src/a.c": SPDX + '#include "b.h"\n#include "low/a.h"\n',
            },
            "does not include a.h first",
        ),
    ],
)
def test_headers(check, tmp_path, files, complaint):
    command = f"cc -I{tmp_path}/core/low/include -o x.o -c x.c"
    entry = f'[{{"file": "{tmp_path}/core/low/src/x.c", "command": "{command}"}}]'
    builds = {f"build/{name}/compile_commands.json": entry for name in ("gcc", "host-clang")}
    output = check("headers", {**files, **builds, ".gitignore": "/build/\n"})
    expect(output, complaint)


DOOR = "core/low/src/a.c"


@pytest.mark.parametrize(
    ("line", "excuses", "complaint"),
    [
        ("int f(void);", "", ""),
        ("\tmemcpy(pa_to_va(pa), from, 8);", "", "a.c:2: pa_to_va: turns a physical address"),
        ("\tops->translate = pa_to_va;", "", "a.c:2: pa_to_va: "),
        ("\t*(uint8_t *)(uintptr_t)ipa.v = 0;", "", "makes a pointer of a number"),
        ("\tat = (const uint32_t *)(uint64_t)x;", "", "makes a pointer of a number"),
        ("\tarch_dc_zva(va);", "", "zeroes or drops memory by address"),
        ("\tstatus = s2_lookup(space, ipa, &leaf);", "", "finds or maps guests' pages"),
        ("/* pa_to_va(pa) is for others */", "", ""),
        ("\tx = (uint64_t *)(struct y *)z;", "", ""),
        ("\tpa_to_va(pa);", f"{DOOR}: its own page", ""),
        ("\tpa_to_va(pa);", "core/low/: its own pages", ""),
        ("\tpa_to_va(pa);", "core/other/src/a.c: another's", "a.c:2: pa_to_va: "),
        ("int f(void);", f"{DOOR}: no longer", f"{DOOR}: nothing of the kind there"),
    ],
)
def test_gmem_door(check, line, excuses, complaint):
    files = {DOOR: f"{SPDX}{line}\n", "core/low/tests/b.c": f"{SPDX}\tpa_to_va(pa);\n"}
    output = check("gmem_door", {**files, "tools/check/gmem_door.exceptions": f"{excuses}\n"})
    expect(output, complaint)


DATABASE = """[{"file": "FOLDER/core/low/tests/low_test.c",
  "command": "cc -o core/low/CMakeFiles/low_test.dir/tests/low_test.c.o", "directory": "/"}]"""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("`low_test::up`, `down` and `system/here::one[two]`, `t*o`; `low_test`, `fuzz_low`", ""),
        ("`low_test::up`; `other_word`, `system/here`; `low_down` alone", ""),
        ("`low_test::sideways`", "docs/a.md:1: low_test has no test sideways"),
        ("`low_test::up` (twice), `down_too`", "low_test has no test down_too"),
        ("`system/here::one`, `down_too`", "system/here has no test down_too"),
        ("`system/here::on*`, `system/here::oo*`", "system/here has no test oo*"),
        ("`system/there`", "system/there: there are no such tests"),
        ("`high_test::up`", "high_test: there are no such tests"),
        ("`fuzz_high`", "fuzz_high: there are no such tests"),
    ],
)
def test_test_names(check, tmp_path, text, complaint):
    test = "static void {}(void **state)\n{{\n}}\n"
    files = {
        "docs/a.md": text + "\n",
        "build/host/compile_commands.json": DATABASE.replace("FOLDER", str(tmp_path)),
        "core/low/CMakeLists.txt": "plinth_fuzz(fuzz_low SOURCES x.c)\n",
        "core/low/tests/low_test.c": SPDX + test.format("up") + test.format("test_down"),
        "tests/system/test_here.py": "def test_one():\n    pass\n\n\ndef test_two():\n    pass\n",
    }
    expect(check("test_names", files), complaint)


FRAME = """long __stack_chk_guard;
void __attribute__((noipa)) __stack_chk_fail(void) {{}}
void __attribute__((noipa)) g(void *p) {{}}
int {}f(void) {{ {}; g(&x); {} }}
"""


@pytest.mark.parametrize(
    ("attributes", "variable", "end", "guard", "complaint"),
    [
        ("", "int x", "return 0;", "", ""),
        ("", "int x[3]", "return 0;", "-strong", ""),
        ("", "int x[3]", "return 0;", "", "low.c: f: no stack guard beside x"),
        ("", "struct { int a; char b[3]; } x", "return 0;", "", "low.c: f: no stack guard beside x"),
        ("", "struct { char *a; } x", "return 0;", "", ""),
        ("", "static int x[3]", "return 0;", "", ""),
        ("__attribute__((noreturn)) ", "int x[3]", "for (;;) {}", "", ""),
    ],
)
def test_stack_guard(check, tmp_path, attributes, variable, end, guard, complaint):
    source = tmp_path / "low.c"
    source.write_text(FRAME.format(attributes, variable, end))
    (tmp_path / "build/gcc").mkdir(parents=True)
    flags = ["-g", "-O1", "-nostdlib", "-Wl,-e,f", "-fno-stack-protector"]
    flags += [f"-fstack-protector{guard}"] if guard else []
    elf = tmp_path / "build/gcc/core.elf"
    subprocess.run(["aarch64-linux-gnu-gcc", *flags, source, "-o", elf], check=True)
    expect(check("stack_guard", {}), complaint)
