# SPDX-License-Identifier: Apache-2.0
"""docs/detect.md's tables, made from docs/detect-runs.csv: `python3 -m harness.detect_table [FILE]`
in tests/system adds what a run of the matrix has left in FILE (build/test-logs/detect-runs.csv), and
writes the tables anew."""

import csv
import sys
from pathlib import Path

from plinth.paths import ROOT

RUNS = ROOT / "docs" / "detect-runs.csv"
PAGE = ROOT / "docs" / "detect.md"
START, END = "<!-- matrix -->\n", "<!-- end -->"
ANSWERS = ("present", "absent", "undecided")
# `first_fetch`: "older" is the probe that used few large pages (the page tells).
COLUMNS = (
    *("date", "first_fetch", "system", "guest"),
    *ANSWERS,
    *(f"{answer}_without" for answer in ANSWERS),
    "note",
)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def append(path, rows):
    """To a file with COLUMNS, which is made if it is not there."""
    is_new = not Path(path).exists()
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows(rows)


def counts(row, suffix=""):
    """None: the guest was ended before it told."""
    texts = [row[f"{answer}{suffix}"] for answer in ANSWERS]
    return None if "" in texts else [int(text) for text in texts]


def confusion(rows):
    """(what was there, which probes) -> how often it said what."""
    table = {}
    for row in rows:
        there = "nothing" if row["system"].startswith("bare") else "a hypervisor"
        for probes, suffix in (("all", ""), ("without `mdccsr`", "_without")):
            sums = table.setdefault((there, probes), [0, 0, 0])
            for i, count in enumerate(counts(row, suffix) or ()):
                sums[i] += count
    return table


def wrong_answers(rows):
    table = confusion(rows)
    return sum(sums[there == "a hypervisor"] for (there, _), sums in table.items())


def shown(numbers):
    return "-" if numbers is None else " / ".join(map(str, numbers))


def render(rows):
    lines = ["| there is | probes | present | absent | undecided |", "|---|---|---:|---:|---:|"]
    for (there, probes), sums in sorted(confusion(rows).items()):
        lines.append(f"| {there} | {probes} | " + " | ".join(f"{n:,}" for n in sums) + " |")
    lines += ["", "| day | system | guest | all probes: present / absent / undecided | without `mdccsr` |"]
    lines.append("|---|---|---|---|---|")
    for row in sorted(rows, key=lambda row: (row["system"].lower(), row["guest"], row["date"])):
        star = " *" if row["first_fetch"] == "older" else ""
        note = f"; {row['note']}" if row["note"] else ""
        lines.append(
            f"| {row['date']}{star} | {row['system']}{note} | {row['guest']} | "
            f"{shown(counts(row))} | {shown(counts(row, '_without'))} |"
        )
    return "\n".join(lines) + "\n"


def parts(text):
    """The page before, in and behind the tables."""
    before, _, rest = text.partition(START)
    table, _, behind = rest.partition(END)
    return before, table, behind


def main(paths):
    for path in paths:
        append(RUNS, read(path))
    text = PAGE.read_text(encoding="utf-8")
    before, _, behind = parts(text)
    PAGE.write_text(before + START + render(read(RUNS)) + END + behind, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
