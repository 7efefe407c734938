"""A picture of ratios as SVG: `drawn` takes case → target → ratio, and returns groups of bars beside a line at 1.0.

Colours hold on light and on dark pages: the text takes the colour of the page, where the page gives it one.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape

WIDTH, LEFT, TOP, BAR, GAP = 760, 150, 64, 13, 14
COLOURS = ("#7c4dff", "#b39ddb", "#ef8f35", "#9e9e9e", "#26a69a")
STYLE = "text{font:12px system-ui,sans-serif;fill:#333}@media(prefers-color-scheme:dark){text{fill:#ddd}}"


def drawn(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Return the picture."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    colours = dict(zip(names, COLOURS, strict=False))
    longest = max((value for group in groups.values() for value in group.values()), default=1.0)
    unit = (WIDTH - LEFT - 60) / max(longest, 1.0)
    parts: list[str] = []
    top = TOP
    for case, group in groups.items():
        parts.append(_text(LEFT - 10, top + len(group) * BAR / 2 + 4, case, "end"))
        for place, (name, value) in enumerate(group.items()):
            parts += _bar(top + place * BAR, value, unit, colours[name])
        top += len(group) * BAR + GAP
    line = LEFT + unit
    parts.append(f'<path d="M{line:.1f} {TOP - 8}V{top}" stroke="#d32f2f" stroke-dasharray="4 3"/>')
    legend = [part for place, name in enumerate(names) for part in _entry(place, name, colours[name])]
    title = _text(10, 20, "Requests per second, as a share of a hand-written endpoint with the same SQL (the red line)")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 10}" role="img">'
    return "\n".join([head, f"<style>{STYLE}</style>", title, *legend, *parts, "</svg>\n"])


def _bar(top: float, value: float, unit: float, colour: str) -> list[str]:
    bar = f'<rect x="{LEFT}" y="{top:.1f}" width="{value * unit:.1f}" height="{BAR - 2}" rx="2" fill="{colour}"/>'
    return [bar, _text(LEFT + value * unit + 5, top + BAR - 3, f"{value:.2f}")]


def _entry(place: int, name: str, colour: str) -> list[str]:
    left = LEFT + place * 140
    return [f'<rect x="{left}" y="34" width="11" height="11" rx="2" fill="{colour}"/>', _text(left + 16, 44, name)]


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
