# SPDX-License-Identifier: Apache-2.0
"""plinthctl's manual page by man-db's own programs, its completion in bash: both on the host."""

import re
import shutil
import subprocess

import pytest
from plinth.paths import ROOT

FOLDER = ROOT / "guest" / "plinthctl"
PAGE = FOLDER / "files" / "plinthctl.1"
COMPLETION = FOLDER / "files" / "plinthctl.bash"
SUMMARY = "manage the hypervisor Plinth from a guest"

# Answers as plinthctl does in a guest, for the names of VMs.
FAKE = """#!/bin/sh
[ "$*" = "vm list" ] && printf 'NAME STATE\\nalpha running\\nbeta off\\n'
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    assert (done.returncode, done.stderr) == (0, ""), (command, done)
    return done.stdout


def commands():
    """What main.c has: {command: its arguments}."""
    text = (FOLDER / "src" / "main.c").read_text()
    table = text[text.index("ctl_commands[] = {") : text.index("ctl_command_count")]
    rows = re.findall(r'\{"([\w-]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+),', table)
    assert len(rows) > 10
    return {name: re.sub(r'"\s*"|\\n', "", args) for name, args in rows}


def test_man_shows_the_page_without_a_warning():
    text = run(
        "man", "--warnings", "-l", PAGE, env={"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "PATH": "/usr/bin:/bin"}
    )  # fmt: skip
    assert text.startswith("PLINTHCTL(1)")
    section = re.search(r"^COMMANDS\n((?:^ .*\n|\n)+)", text, re.M).group(1)
    paragraphs = re.sub(r"\u2010(?:\n *)?", "-", section).split("\n\n")
    for name, arguments in commands().items():
        own = "\n".join(text for text in paragraphs if re.match(rf" {{7}}{name}\b(?!-)", text))
        assert own, name
        for option in re.findall(r"(?<![\w-])-[\w-]+|\[as scan\]", arguments):
            assert re.search(re.escape(option) + r"(?![\w-])", own), f"{name} {option}"


def test_mandb_and_whatis_know_the_page(tmp_path):
    assert run("lexgrog", PAGE).strip() == f'{PAGE}: "plinthctl - {SUMMARY}"'
    folder = tmp_path / "man" / "man1"
    folder.mkdir(parents=True)
    shutil.copy(PAGE, folder)
    run("mandb", "--quiet", "--user-db", "--create", tmp_path / "man")
    assert run("whatis", "-M", tmp_path / "man", "plinthctl").split() == [
        "plinthctl", "(1)", "-", *SUMMARY.split(),
    ]  # fmt: skip


@pytest.fixture
def complete(tmp_path):
    """complete("vm st") -> what bash offers for the last word."""
    fake = tmp_path / "plinthctl"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    script = (
        f'PATH={tmp_path}:$PATH; source {COMPLETION}; read -ra COMP_WORDS <<<"plinthctl $1"; '
        '[[ $1 == *" " || -z $1 ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
        '_plinthctl; printf "%s\\n" "${COMPREPLY[@]}"; complete -p plinthctl'
    )

    def answer(words):
        lines = run("bash", "--norc", "-c", script, "bash", words).split("\n")
        assert lines[-2] == "complete -o default -F _plinthctl plinthctl"
        return [line for line in lines[:-2] if line]

    return answer


def test_completion_offers_each_command(complete):
    assert set(complete("")) == {*commands(), "--json", "--help"}
    assert complete("--json sc") == ["scan"]


def test_completion_offers_verbs_names_and_options(complete):
    verbs = complete("vm ")
    for verb in ("list", "info", "start", "stop", "reboot", "reset", "pause", "resume", "set"):
        assert verb in verbs, verb
    assert complete("vm sta") == ["start"]
    assert complete("vm stop ") == ["alpha", "beta"]
    assert complete("vm list ") == []
    assert complete("nvram list ") == ["alpha", "beta"]
    assert complete("console b") == ["beta"]
    assert complete("vm stop alpha --") == ["--now", "--timeout"]
    assert "weight=" in complete("vm set alpha ")
    assert complete("scan alpha --from 0 --e") == ["--el0"]
    assert complete("log ") == ["--follow"]
