"""Twenty-five texts that try to be more than text: as the name of an account, a file, a rule, anything from data."""

from __future__ import annotations

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "attribute": '"><svg onload=alert(1)>',
    "single quote": "' onmouseover='alert(1)",
    "table breakout": "</td></th></tr></table><h2>Falsch</h2>",
    "frame breakout": "</style></title></main></section><iframe src=x>",
    "svg breakout": "</text></g></svg><image href=x onload=alert(1)>",
    "link": "<a href='javascript:alert(1)'>klick</a>",
    "comment": "--><b>fett</b><!-- x",
    "cdata": "]]><b>x</b><![CDATA[",
    "entities": "&lt;b&gt; &amp; &#60;script&#62; &nbsp",
    "format": "${name} {count} {0} {x.__class__} {revenue:money}",
    "template": "{{ 7*7 }} {% raw %} {# x #}",
    "markdown": "[klick](javascript:alert(1)) **fett** `code`",
    "mathtext": "$\\frac{1}{2}$ US$ a\\$b$ $\\undefined{",
    "hidden label": "_leading",
    "formula": "=cmd|' /C calc'!A0",
    "formula sign": "@SUM(1+1)*cmd|' /C calc'!A0",
    "right to left": "שלום \u202egpj.exe\u202c \u2067x\u2069",
    "control": "a\x00b\x1bc\x7fd\x85e\u2028f\ufffeg",
    "lines": "eins\nzwei\r\ndrei\tvier",
    "long": "Vereinigte Werkzeugmaschinenfabriken " * 20,
    "combining": "Z\u0351\u036b\u0343a\u0300\u0301l\u0334g\u0335o\u0336",
    "emoji": "🦄 👩\u200d👩\u200d👧 GmbH",
    "folder": "../../etc/passwd\\..\\CON",
}
assert len(HOSTILE) == 25
