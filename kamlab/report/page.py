"""From an executed notebook to a page: an nbconvert exporter that keeps prose of one language and drops the code."""

from __future__ import annotations

from typing import Any

import nbformat
from markupsafe import escape
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Unicode

from kamlab.report.dossier import Edition, edition_head, in_edition, without_empty_sections
from kamlab.report.frame import Head, framed
from kamlab.text import LANGUAGES, Words

HIDDEN = {"parameters", "injected-parameters", "setup"}

_TEMPLATE = """
{%- for cell in nb.cells -%}
{%- if cell.cell_type == 'markdown' -%}
{%- if loop.first %}<div class="question">{{ cell.source | prose }}</div>{% else %}{{ cell.source | prose }}{% endif %}
{%- else -%}
{%- for output in cell.outputs if 'data' in output and 'text/html' in output.data %}
{{ output.data['text/html'] }}
{% endfor -%}
{%- endif %}
{% endfor -%}
"""


class OneLanguage(Preprocessor):
    """Keep the cells that speak the page's language, and of code only what it shows."""

    language = Unicode("de").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        others = {f"lang-{language}" for language in LANGUAGES if language != self.language}
        dropped = others | HIDDEN
        nb.cells = [cell for cell in nb.cells if not dropped & set(cell.metadata.get("tags", []))]
        return nb, resources


class PageExporter(TemplateExporter):
    """Exports the content of a page: prose and what the cells show; no code, no script, no request."""

    file_extension = ".html"
    output_mimetype = "text/html"
    language = Unicode("de").tag(config=True)

    def __init__(self, language: str) -> None:
        super().__init__(raw_template=_TEMPLATE)
        self.register_preprocessor(OneLanguage(language=language, enabled=True), enabled=True)

    def default_filters(self) -> Any:
        yield from super().default_filters()
        yield "prose", _prose


def _prose(source: str) -> str:
    """Render Markdown; the first line of the opening cell, its `#`, is the question that the page answers."""
    question, _, rest = source.strip().partition("\n")
    if not question.startswith("# "):
        return _markdown(source)
    return f'<p class="asked">{escape(question[2:])}</p>{_markdown(rest)}'


def _markdown(source: str) -> str:
    return str(MarkdownWithMath(renderer=IPythonRenderer(exclude_anchor_links=True)).render(source))


def page(notebook: NotebookNode, head: Head, words: Words, edition: Edition | None = None) -> bytes:
    """Export an executed notebook as one self-contained page.

    Parameters
    ----------
    edition : "internal", "customer" or None
        Which edition of a dossier: the customer's has only the cells made for it, and a head that tells nothing else.
    """
    copy = nbformat.from_dict(notebook)
    if edition:
        copy.cells = [cell for cell in copy.cells if in_edition(cell, edition)]
        head = edition_head(head, edition, words)
    body, _ = PageExporter(language=words.language).from_notebook_node(copy)
    if edition:
        body = without_empty_sections(body)
    return framed(body, head, words)
