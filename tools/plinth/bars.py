# SPDX-License-Identifier: Apache-2.0
"""Bars as SVG: for each row one bar for each system, to the row's own scale, with the figures."""

from xml.sax.saxutils import escape

COLORS = ("#1f77b4", "#ff7f0e", "#7f7f7f", "#2ca02c")
WIDTH = 760
LABELS = 150  # left of the bars
BARS = 480
BAR = 13
GAP = 9  # between rows
TOP = 58


def svg(title, rows):
    """`rows` is {label: {system: number}}; a row may lack systems."""
    systems = list(dict.fromkeys(system for values in rows.values() for system in values))
    height = TOP + len(rows) * (len(systems) * BAR + GAP) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{GAP}" y="20" font-size="14">{escape(title)}</text>',
        *legend(systems),
    ]
    y = TOP
    for label, values in rows.items():
        middle = y + len(systems) * BAR / 2 + 4
        at = f'x="{LABELS - GAP}" y="{middle}" text-anchor="end"'
        parts.append(f'<text {at}>{escape(label)}</text>')
        most = max(max(values.values()), 1)
        for index, system in enumerate(systems):
            if system in values:
                parts += bar(y + index * BAR, values[system], most, COLORS[index % len(COLORS)])
        y += len(systems) * BAR + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend(systems):
    for index, system in enumerate(systems):
        x = LABELS + index * 120
        yield f'<rect x="{x}" y="32" width="10" height="10" fill="{COLORS[index % len(COLORS)]}"/>'
        yield f'<text x="{x + 15}" y="41">{escape(system)}</text>'


def bar(y, value, most, color):
    width = round(BARS * max(value, 0) / most, 1)
    return (
        f'<rect x="{LABELS}" y="{y}" width="{width}" height="{BAR - 2}" fill="{color}"/>',
        f'<text x="{LABELS + width + 5}" y="{y + BAR - 4}">{value:,.0f}</text>',
    )
