"""Adding a source, or columns of one, to the text of a settings file: new lines only, every other byte stays.

Comments, order, quotes, blank lines, line ends and the byte order mark are the user's. The result is read back and must
say the same as before and the additions, nothing else; where that cannot be had the file is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kamlab.engagement.document import read

_PLAIN = re.compile(r"[^\W\d](?:[\w .()/%+€-]*[\w.)%€])?")
_WORDS_OF_YAML = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", "nan", "inf"}
_STEP = 2


class NotAddable(ValueError):
    """The text cannot be extended without touching what stands there."""


@dataclass(frozen=True)
class Entry:
    """A line to be added: key and value, or key and further entries; a comment after it, or alone without a key."""

    key: str = ""
    value: str | tuple[Entry, ...] = ""
    comment: str = ""


@dataclass(frozen=True)
class SourceAddition:
    """What is to stand under `sources.<table>`: `settings` beside the columns (path, sheet), and the columns.

    Each list of entries may hold comments; settings whose key is there already are left out.
    """

    table: str
    settings: tuple[Entry, ...] = field(default_factory=tuple)
    columns: tuple[Entry, ...] = field(default_factory=tuple)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return the addition as a tree from `sources` down."""
        columns = (Entry("columns", self.columns),) if self.columns else ()
        return (Entry("sources", (Entry(self.table, (*self.settings, *columns)),)),)


def snippet(addition: SourceAddition) -> str:
    """Write an addition as YAML to be pasted."""
    return "\n".join(_lines(addition.entries, 0, _STEP))


def added(text: str, addition: SourceAddition) -> str:
    """Write an addition into the text of a settings file.

    Raises
    ------
    NotAddable
        The place is taken, or the text is laid out so that only the user can tell where the lines belong.
    """
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    try:
        root = YAML(typ="rt", pure=True).compose(StringIO(text))
    except (YAMLError, RecursionError):
        raise NotAddable from None
    result = mark + _inserted(text, root, addition.entries)
    before, after = read(text, ""), read(result, "")
    if len(after.problems) > len(before.problems) or after.tree != _with(before.tree, addition.entries):
        raise NotAddable
    return result


def freed(text: str, table: str, keys: Collection[str]) -> str:
    """Take settings of a source that stand on lines of their own out of the text; the source keeps its place."""
    root = YAML(typ="rt", pure=True).compose(StringIO(text.removeprefix("\ufeff")))
    node = root
    for part in ("sources", table):
        node = next((v for k, v in node.value if k.value == part), None) if isinstance(node, MappingNode) else None
    if not isinstance(node, MappingNode) or node.flow_style:
        return text
    gone = {key.start_mark.line for key, _ in node.value if key.value in keys}
    return "".join(line for at, line in enumerate(_split(text)) if at not in gone)


def scalar(text: str) -> str:
    """Write a text as a YAML scalar on one line that reads back exactly: plain only where nobody could misread it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML and "  " not in text:
        return text
    if '"' in text and text.isprintable() and not text.startswith("'"):
        return "'" + text.replace("'", "''") + "'"
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() and c != "\ufeff" else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _lines(entries: tuple[Entry, ...], column: int, step: int) -> list[str]:
    lines = []
    for entry in entries:
        start = " " * column
        comment = "# " + "".join(c if c.isprintable() else " " for c in entry.comment) if entry.comment else ""
        if not entry.key:
            lines.append(start + comment)
            continue
        value = f" {scalar(entry.value)}" if isinstance(entry.value, str) else ""
        lines.append(f"{start}{entry.key}:{value}" + (f"  {comment}" if comment else ""))
        if isinstance(entry.value, tuple):
            lines += _lines(entry.value, column + step, step)
    return lines


def _flow(entries: tuple[Entry, ...]) -> str:
    """Write entries for the inside of braces, where a comment has no place and commas part values."""
    parts = []
    for entry in entries:
        if isinstance(entry.value, tuple):
            parts.append(f"{entry.key}: {{{_flow(entry.value)}}}")
        elif entry.key:
            plain = re.fullmatch(r"\w+", entry.value) and scalar(entry.value) == entry.value
            quoted = entry.value if plain else "'" + entry.value.replace("'", "''") + "'"
            parts.append(f"{entry.key}: {quoted if entry.value.isprintable() else scalar(entry.value)}")
    return ", ".join(parts)


def _inserted(text: str, root: Node | None, entries: tuple[Entry, ...]) -> str:
    """Go down to where the first of the entries is missing, and put the rest there."""
    if root is None:
        return _after_line(text, len(_split(text)) - 1, _lines(entries, 0, _STEP))
    step = _step(root)
    node, key = root, None
    while isinstance(node, MappingNode):
        known = {str(k.value): (k, v) for k, v in node.value}
        here = [entry for entry in entries if isinstance(entry.value, tuple) and entry.key in known]
        if not here:
            entries = tuple(entry for entry in entries if entry.key not in known or not entry.key)
            break
        (key, node), entries = known[here[0].key], here[0].value  # type: ignore[assignment]
    if not entries:
        return text
    if isinstance(node, MappingNode) and node.flow_style:
        return _into_braces(text, node, entries)
    if isinstance(node, MappingNode) and node is root:
        return _after_line(text, len(_split(text)) - 1, _lines(entries, 0, step))
    if isinstance(node, MappingNode) and node.value:
        column = node.value[0][0].start_mark.column
        return _after_line(text, _with_comments(text, _last_line(node), column), _lines(entries, column, step))
    if isinstance(node, ScalarNode) and not node.value and key is not None:
        column = key.start_mark.column + step
        return _after_line(text, key.end_mark.line, _lines(entries, column, step))
    raise NotAddable


def _step(root: Node) -> int:
    """Return by how much the file indents."""
    for key, value in root.value if isinstance(root, MappingNode) else ():
        if isinstance(value, MappingNode) and not value.flow_style and value.value:
            return max(1, value.value[0][0].start_mark.column - key.start_mark.column)
    return _STEP


def _last_line(node: Node) -> int:
    """Return the last line that a node's content stands on, counted from 0."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        key, value = node.value[-1]
        return max(key.end_mark.line, _last_line(value) if value.value else 0)
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return node.end_mark.line - 1
    return int(node.end_mark.line)


def _with_comments(text: str, line: int, column: int) -> int:
    """Go on over the comments below that are indented as the lines above them."""
    lines = _split(text)
    while line + 1 < len(lines):
        following = lines[line + 1]
        if not following.lstrip(" ").startswith("#") or len(following) - len(following.lstrip(" ")) < column:
            break
        line += 1
    return line


def _after_line(text: str, line: int, new: list[str]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = _split(text)
    above, below = "".join(lines[: line + 1]), "".join(lines[line + 1 :])
    if above and not above.endswith("\n"):
        above += end
    return above + "".join(one + end for one in new) + below


def _split(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _into_braces(text: str, node: MappingNode, entries: tuple[Entry, ...]) -> str:
    new = _flow(entries)
    if node.value:
        at, new = node.value[-1][1].end_mark.index, f", {new}"
    else:
        at = node.start_mark.index + 1
    return text[:at] + new + text[at:]


def _with(tree: dict[str, Any], entries: tuple[Entry, ...]) -> dict[str, Any]:
    """Return the tree of settings that the additions should give."""
    result = deepcopy(tree)
    for entry in entries:
        if isinstance(entry.value, tuple):
            below = result.get(entry.key, {})
            if more := _with(below if isinstance(below, dict) else {}, entry.value):
                result[entry.key] = more
        elif entry.key:
            result.setdefault(entry.key, entry.value)
    return result
