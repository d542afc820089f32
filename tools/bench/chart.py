"""docs/benchmarks.svg: time and memory by number of images. Plain SVG, light or dark as the reader's system is."""

from __future__ import annotations

from dataclasses import dataclass

from targets import MIB, PEAK_LIMIT

PANEL_WIDTH, PANEL_HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 24, 64, 54
TICKS = 5

# The card has a background of its own: it stays readable in a page that is dark while the system is light.
STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de; }
  text { fill: #1f2328; font: 12px system-ui, sans-serif; }
  .title { font-size: 14px; font-weight: 600; }
  .grid { stroke: #d8dee4; }
  .axis { stroke: #57606a; }
  .limit { stroke: #b35900; stroke-dasharray: 6 4; stroke-width: 1.5; }
  .limit-text { fill: #b35900; }
  .index { stroke: #0550ae; fill: #0550ae; }
  .diff { stroke: #116329; fill: #116329; }
  polyline { stroke-width: 2; }
  .value { font-size: 11px; stroke: none; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d; }
    text { fill: #e6edf3; }
    .grid { stroke: #262c34; }
    .axis { stroke: #8b949e; }
    .limit { stroke: #f0a050; }
    .limit-text { fill: #f0a050; }
    .index { stroke: #79b8ff; fill: #79b8ff; }
    .diff { stroke: #56d364; fill: #56d364; }
  }
"""


@dataclass
class Panel:
    title: str
    unit: str
    left: int  # of the panel, in the picture
    top_value: float
    top_images: int

    def x(self, images: float) -> float:
        return self.left + LEFT + images / self.top_images * (PANEL_WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (1 - value / self.top_value) * (PANEL_HEIGHT - TOP - BOTTOM)


def round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5, 7.5 times a power of ten, so that a fifth of it is a plain number."""
    power = 1.0
    while power < value:
        power *= 10
    while power / 10 >= value:
        power /= 10
    return min(candidate * power / 10 for candidate in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10) if candidate * power / 10 >= value)


def frame(panel: Panel) -> list[str]:
    right, bottom = panel.left + PANEL_WIDTH - RIGHT, PANEL_HEIGHT - BOTTOM
    out = [f'<text class="title" x="{panel.left + LEFT}" y="24">{panel.title}</text>']
    for tick in range(TICKS + 1):
        value, images = panel.top_value * tick / TICKS, panel.top_images * tick / TICKS
        y, x = panel.y(value), panel.x(images)
        kind = "grid" if tick else "axis"
        out.append(f'<line class="{kind}" x1="{panel.x(0):.1f}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        out.append(f'<text x="{panel.x(0) - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        out.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{images:,.0f}</text>')
    middle = (TOP + bottom) / 2
    out.append(f'<text x="{(panel.x(0) + right) / 2:.1f}" y="{bottom + 40}" text-anchor="middle">images</text>')
    out.append(f'<text transform="translate({panel.left + 18} {middle:.1f}) rotate(-90)" text-anchor="middle">{panel.unit}</text>')
    return out


def line(panel: Panel, kind: str, points: list[tuple[int, float]], show: str) -> list[str]:
    places = [(panel.x(images), panel.y(value), value) for images, value in points]
    out = [f'<polyline class="{kind}" style="fill:none" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)}"/>']
    last = -100.0
    for x, y, value in places:
        out.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        if x - last >= 34:  # labels of neighbours must not touch
            out.append(f'<text class="value" x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{show.format(value)}</text>')
            last = x
    return out


def legend(panel: Panel) -> list[str]:
    out = []
    for number, (kind, name) in enumerate((("index", "index"), ("diff", "diff (point release)"))):
        x = panel.x(0) + 70 * number
        out.append(f'<circle class="{kind}" cx="{x + 4:.1f}" cy="40" r="4"/><text x="{x + 13:.1f}" y="44">{name}</text>')
    return out


def draw(curve: list[dict]) -> str:
    top_images = int(round_up(max(point["images"] for point in curve)))
    series = {kind: [(point["images"], point[kind]) for point in curve] for kind in ("index", "diff")}
    peaks = {kind: [(point["images"], point[kind + "_peak"] / MIB) for point in curve] for kind in ("index", "diff")}
    slowest = max(value for points in series.values() for _, value in points)
    highest = max(PEAK_LIMIT / MIB, *(value for points in peaks.values() for _, value in points))
    time = Panel("Time", "seconds", 0, round_up(slowest * 1.08), top_images)
    memory = Panel("Peak resident memory", "MiB", PANEL_WIDTH, round_up(highest * 1.08), top_images)
    width = 2 * PANEL_WIDTH
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {PANEL_HEIGHT}" width="{width}" height="{PANEL_HEIGHT}" role="img">',
           "<title>strata: time and peak memory of index and diff by number of images</title>", f"<style>{STYLE}</style>",
           f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{PANEL_HEIGHT - 1}" rx="6"/>']
    out += frame(time) + legend(time)
    out += line(time, "index", series["index"], "{:.2f}") + line(time, "diff", series["diff"], "{:.2f}")
    out += frame(memory) + legend(memory)
    y, limit = memory.y(PEAK_LIMIT / MIB), PEAK_LIMIT // MIB
    out.append(f'<line class="limit" x1="{memory.x(0):.1f}" y1="{y:.1f}" x2="{width - RIGHT}" y2="{y:.1f}"/>')
    out.append(f'<text class="limit-text" x="{width - RIGHT}" y="{y - 6:.1f}" text-anchor="end">target: {limit} MiB</text>')
    out += line(memory, "index", peaks["index"], "{:.0f}") + line(memory, "diff", peaks["diff"], "{:.0f}")
    return "\n".join(out) + "\n</svg>\n"
