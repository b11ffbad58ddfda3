"""The data dictionary: every input table and column as Markdown, made from the contracts.

`python -m kamlab.templates.dictionary docs` writes it in both languages; `make docs` does that.
"""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

from kamlab.publish import publish
from kamlab.tables import BASICS, Column, Kind, Table, example, presented
from kamlab.templates.columns import takes
from kamlab.text import LANGUAGES, Language, Words


def data_dictionary(language: Language) -> str:
    """Write the dictionary of all input tables."""
    words = Words(language)
    tables = presented()
    basics = [_label(table, language) for table in tables[: len(BASICS)]]
    parts = [
        f"# {words('dictionary.title')}",
        words("dictionary.intro"),
        words("dictionary.order", basics=basics),
        "\n".join(f"- [{_label(table, language)}](#{table.name}): `{table.name}`" for table in tables),
        *(_section(table, words) for table in tables),
    ]
    return "\n\n".join(parts) + "\n"


def file_name(language: Language) -> str:
    """Name the file of a language."""
    return f"data-dictionary.{language}.md"


def _label(of: Table | Column, language: Language) -> str:
    return str(getattr(of.label, language))


def _section(table: Table, words: Words) -> str:
    language = words.language
    rules = [
        words("dictionary.either", names=[_label(table.column(name), language) for name in group])
        for group in table.either
    ]
    if table.key:
        rules.append(words("dictionary.key", names=[_label(table.column(name), language) for name in table.key]))
    headings = [
        words(f"dictionary.{key}") for key in ("heading", "name", "takes", "required", "meaning", "example", "aliases")
    ]
    lines = [
        _row(headings),
        _row(["---"] * len(headings)),
        *(_row(_cells(table, column, words)) for column in table.columns),
    ]
    return "\n\n".join(
        [
            f'<a id="{table.name}"></a>\n\n## {_label(table, language)} (`{table.name}`)',
            " ".join([getattr(table.about, language), *rules]),
            "\n".join(lines),
        ]
    )


def _cells(table: Table, column: Column, words: Words) -> list[str]:
    label = _escaped(_label(column, words.language))
    return [
        f"**{label}**" if column.required else label,
        f"`{column.name}`",
        _escaped(takes(column, words)) + _values(column, words),
        _required(table, column, words),
        _escaped(getattr(column.about, words.language)),
        _escaped(_shown(example(column, words.language), column, words)),
        _escaped(", ".join(column.aliases)),
    ]


def _values(column: Column, words: Words) -> str:
    """Show what code calls the allowed words, where people write them otherwise."""
    if not column.allowed or all(getattr(word.label, words.language) == word.value for word in column.allowed):
        return ""
    return f" ({', '.join(f'`{word.value}`' for word in column.allowed)})"


def _required(table: Table, column: Column, words: Words) -> str:
    if column.required:
        return words("dictionary.yes")
    group = next((group for group in table.either if column.name in group), ())
    return words("dictionary.one_of", count=len(group)) if group else ""


def _shown(value: str | Decimal | date, column: Column, words: Words) -> str:
    """Write an example as a user of the language would."""
    if isinstance(value, date):
        return words.date(value) if words.language == "de" else value.isoformat()
    if isinstance(value, Decimal):
        decimals = -int(value.as_tuple().exponent)
        return words.number(value, max(decimals, 2) if column.kind is Kind.MONEY else decimals)
    return value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("_", "\\_").replace("*", "\\*").replace("<", "&lt;")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    for each in LANGUAGES:
        publish(Path(sys.argv[1]) / file_name(each), data_dictionary(each).encode())
