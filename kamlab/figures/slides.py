"""A figure for slides: title and measure above it, the source below, on white; as SVG, and as PNG of twice the size."""

from __future__ import annotations

import io
import re
import textwrap
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from PIL import Image, ImageDraw, ImageFont

from kamlab.figures.theme import FONT, INK, MUTED, PAPER, Drawing, clean, own_ids

MARGIN = 12  # points
DOTS = 2 * 96 / 72  # pixels of a PNG per point: twice those of a page


class _Line(NamedTuple):
    """A line of text, its size and how far down it stands, in points."""

    text: str
    size: int
    down: int
    ink: str = MUTED
    bold: bool = False


def to_file(drawing: Drawing, title: str, measure: str, source: str) -> bytes:
    """Turn a drawing into an SVG of its own."""
    lines, top, across, down = _sheet(drawing, title, measure, source)
    inner = re.sub(r'\b(width|height)="([\d.]+)pt"', r'\1="\2"', own_ids(drawing.svg, f"{drawing.name}-"), count=2)
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    content = [
        f'<svg {space} role="img" width="{across}pt" height="{down}pt" viewBox="0 0 {across} {down}">',
        Markup("<title>{}</title>").format(clean(title)),
        f'<rect width="100%" height="100%" style="fill: {PAPER}"/>',
        *(_text(line) for line in lines if line.down < top),
        inner.replace("<svg", f'<svg x="{MARGIN}" y="{top}"', 1),
        *(_text(line) for line in lines if line.down >= top),
        "</svg>\n",
    ]
    return ('<?xml version="1.0" encoding="utf-8"?>\n' + "\n".join(content)).encode()


def to_png(drawing: Drawing, title: str, measure: str, source: str) -> bytes:
    """Turn a drawing into a PNG of its own; the same bytes every time."""
    lines, top, across, down = _sheet(drawing, title, measure, source)
    figure = drawing.axes.get_figure()
    assert isinstance(figure, Figure)
    canvas, drawn = FigureCanvasAgg(figure), figure.get_dpi()
    figure.set_dpi(72 * DOTS)
    canvas.draw()
    shown = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
    figure.set_dpi(drawn)
    picture = Image.new("RGB", (round(DOTS * across), round(DOTS * down)), PAPER)
    picture.paste(shown, (round(DOTS * MARGIN), round(DOTS * top)))
    pen = ImageDraw.Draw(picture)
    for line in lines:
        place = (DOTS * MARGIN, DOTS * line.down)
        pen.text(place, line.text, fill=line.ink, font=_font(line.size, line.bold), anchor="ls")
    buffer = io.BytesIO()
    picture.quantize(128).save(buffer, format="PNG", optimize=False)
    return buffer.getvalue()


def _sheet(drawing: Drawing, title: str, measure: str, source: str) -> tuple[list[_Line], int, int, int]:
    """Lay out the texts around a drawing: their lines, where it begins, and the size of the whole."""
    across, down = (72 * inches for inches in drawing.axes.get_figure().get_size_inches())  # type: ignore[union-attr]
    lines: list[_Line] = []
    y = MARGIN
    for text, size, ink, bold in ((title, 13, INK, True), (measure, 9, MUTED, False)):
        for part in _broken(text, across / size):
            y += size + 4
            lines.append(_Line(part, size, y, ink, bold))
    top = y + 8
    y = top + round(down) + 4
    for part in _broken(source, across / 8):
        y += 11
        lines.append(_Line(part, 8, y))
    return lines, top, round(across) + 2 * MARGIN, y + MARGIN


def _broken(text: str, most: float) -> list[str]:
    """Break a text into lines of so many times the size of its letters, which are 0.6 of it wide on average."""
    return textwrap.wrap(clean(text), int(most / 0.6))


def _text(line: _Line) -> str:
    style = f"font-size: {line.size}px; {'font-weight: bold; ' if line.bold else ''}fill: {line.ink}"
    return str(
        Markup('<text x="{}" y="{}" style="font-family: \'{}\', sans-serif; {}">{}</text>').format(
            MARGIN, line.down, FONT, style, line.text
        )
    )


@lru_cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(
        findfont(FontProperties(family=FONT, weight="bold" if bold else "normal")), round(DOTS * size)
    )
