"""A settings file as plain text values with their lines: every scalar stays the text that the user wrote.

YAML's own typing (`no`, `1e3`, `012`, dates) never happens; pydantic types each value once, later. Anchors, aliases and
tags are refused: settings need none, and they can be made to explode.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kamlab.errors import Problem

KeyPath = tuple[str, ...]
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "seq", "map")
}


@dataclass
class Document:
    """The tree of a settings file (dicts, lists, texts), and where each path was set: file and line, or --set."""

    file: str
    tree: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def where(self, path: KeyPath) -> str:
        """Name the place of a path: file and line, or the option that set it."""
        for length in range(len(path), 0, -1):
            if place := self.places.get(path[:length]):
                return place
        return self.file

    def set(self, assignment: str) -> None:
        """Apply `key.path=value`; an empty value removes the key."""
        key, equals, value = assignment.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        if not equals or not all(path):
            self.problems.append(Problem(code="KL-S308", values={"option": assignment}))
            return
        branch = self.tree
        for part in path[:-1]:
            if not isinstance(branch.get(part), dict):
                branch[part] = {}
            branch = branch[part]
        if value:
            branch[path[-1]] = value
        elif path[-1] in branch:
            del branch[path[-1]]
        else:
            self.problems.append(Problem(code="KL-S314", values={"option": assignment, "known": list(branch)}))
        self.places = {known: place for known, place in self.places.items() if known[: len(path)] != path}
        self.places[path] = "--set"


def read(text: str, file: str) -> Document:
    """Read the text of a settings file; what is wrong with it stands in `problems`."""
    document = Document(file)
    text = text.removeprefix("\ufeff")
    try:
        root = YAML(typ="rt", pure=True).compose(StringIO(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.problems.append(_no_yaml(f"{file}:{line}", "broken"))
        return document
    except (YAMLError, RecursionError):
        document.problems.append(_no_yaml(file, "broken"))
        return document
    if root is None:
        return document
    if not isinstance(root, MappingNode):
        document.problems.append(_no_yaml(f"{file}:1", "no_settings"))
        return document
    document.tree = _value(root, (), document)
    return document


def _no_yaml(where: str, reason: str) -> Problem:
    return Problem(code="KL-S304", values={"where": where, "reason": f"settings.yaml_{reason}"})


def _value(node: Node, path: KeyPath, document: Document) -> Any:
    where = f"{document.file}:{node.start_mark.line + 1}"
    if node.anchor or node.tag not in _PLAIN_TAGS:
        document.problems.append(_no_yaml(where, "anchor"))
        return ""
    match node:
        case ScalarNode():
            return node.value
        case SequenceNode():
            return [_value(item, (*path, str(at)), document) for at, item in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in mapping:
            document.problems.append(
                Problem(code="KL-S306", values={"where": f"{document.file}:{line}", "key": ".".join((*path, key))})
            )
        document.places[(*path, key)] = f"{document.file}:{line}"
        value = _value(value_node, (*path, key), document)
        if value != "":
            mapping[key] = value
    return mapping
