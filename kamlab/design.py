"""The design system: colours, type scale and spacing, once for pages and figures, in the light and in the dark.

Out come the colours for drawing and the custom properties for the stylesheet. Text keeps a contrast of 4.5 on its
grounds, marks of a figure 3; a test holds both. Good and bad are blue and orange, which all eyes tell apart; nothing
else is blue or orange. Who is meant is inked, the rest is grey.
"""

from __future__ import annotations

# name: (light, dark). Light values are all different: a figure's colour leads back to its name.
COLOURS = {
    "paper": ("#ffffff", "#15181c"),
    "card": ("#f3f5f7", "#1f2429"),
    "ink": ("#1b1f24", "#e9ecef"),
    "muted": ("#566069", "#a9b2bb"),
    "rule": ("#d5dbe0", "#3a434c"),
    "link": ("#1a5c8a", "#8ec5ec"),
    "accent": ("#7b5290", "#c6a4da"),  # a second hue for groups, neither good nor bad
    "main": ("#2f4858", "#b4d3e5"),  # actual; who is meant
    "pale": ("#c3ced6", "#3c4f5c"),  # previous year, inside its edge
    "edge": ("#6d7f8c", "#76899a"),  # the rest
    "good": ("#1d6aa8", "#74b6ea"),
    "bad": ("#b3531b", "#ee9a63"),
    "shade": ("#00000040", "#ffffff66"),
}
TEXT = ("ink", "muted", "link", "accent", "good", "bad")
GROUNDS = ("paper", "card")
MARKS = ("main", "edge", "good", "bad")
PRINTED = {"ink": "#000000", "muted": "#444444", "rule": "#bbbbbb", "link": "#000000"}  # else as in the light

TYPE = {"note": ".8rem", "small": ".88rem", "text": "1rem", "section": "1.25rem", "number": "1.5rem"}
SPACE = {"1": ".25rem", "2": ".5rem", "3": ".9rem", "4": "1.6rem", "5": "2.6rem"}


def light(name: str) -> str:
    """Return a colour as figures draw it."""
    return COLOURS[name][0]


def custom_properties() -> str:
    """Write the design system as custom properties of CSS: light, dark, print."""
    sizes = [
        f"--{kind}-{name}: {value};"
        for kind, part in (("type", TYPE), ("space", SPACE))
        for name, value in part.items()
    ]
    days = {name: pair[0] for name, pair in COLOURS.items()}
    nights = {name: pair[1] for name, pair in COLOURS.items()}
    return "\n".join(
        [
            f":root {{ {_properties(days)} {' '.join(sizes)} }}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_properties(nights)} }} }}",
            f"@media print {{ :root {{ {_properties(days | PRINTED)} color-scheme: light; }} }}",
        ]
    )


def _properties(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
