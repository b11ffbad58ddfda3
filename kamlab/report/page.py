"""From an executed notebook to a page: an nbconvert exporter that keeps one language, and code only if asked."""

from __future__ import annotations

import re
from typing import Any

import nbformat
from markupsafe import escape
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool, Unicode

from kamlab.report.dossier import edition_head, in_edition
from kamlab.report.frame import Head, framed
from kamlab.report.provenance import provenance
from kamlab.text import LANGUAGES, Words

INJECTED = "injected-parameters"  # names folders of this machine
HIDDEN = {"parameters", "setup"}  # what a reader who wants no code does not miss

_TEMPLATE = """
{%- set open = namespace(fold=false) -%}
{%- for cell in nb.cells -%}
{%- if cell.cell_type == 'markdown' -%}
{%- if open.fold %}</details>{% endif -%}
{%- set open.fold = 'fold' in cell.metadata.tags -%}
{%- if loop.first %}<div class="question">{{ cell.source | prose }}</div>
{%- elif open.fold %}<details class="fold">{{ cell.source | prose | unfolding }}
{%- else %}{{ cell.source | prose }}{% endif %}
{%- else -%}
{%- if resources.code_label %}
<details class="code"><summary>{{ resources.code_label }}</summary>{{ cell.source | coloured }}</details>
{% endif -%}
{%- for output in cell.outputs if 'data' in output and 'text/html' in output.data %}
{{ output.data['text/html'] }}
{% endfor -%}
{%- endif %}
{% endfor -%}
{%- if open.fold %}</details>{% endif -%}
"""


class OneLanguage(Preprocessor):
    """Keep the cells that speak the page's language, and of code only what it shows, unless the code is wanted too."""

    language = Unicode("de").tag(config=True)
    code = Bool(False).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        others = {f"lang-{language}" for language in LANGUAGES if language != self.language}
        dropped = others | {INJECTED} | (set() if self.code else HIDDEN)
        nb.cells = [cell for cell in nb.cells if not dropped & set(cell.metadata.get("tags", []))]
        return nb, resources


class PageExporter(TemplateExporter):
    """Exports the content of a page: prose, what the cells show, their code folded if asked; no script, no request."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def __init__(self, language: str, code: bool) -> None:
        super().__init__(raw_template=_TEMPLATE)
        self.register_preprocessor(OneLanguage(language=language, code=code, enabled=True), enabled=True)

    def default_filters(self) -> Any:
        yield from super().default_filters()
        yield "prose", _prose
        yield "unfolding", _unfolding
        yield "coloured", Highlight2HTML(pygments_lexer="python3")


def _prose(source: str) -> str:
    """Render Markdown; the first line of the opening cell, its `#`, is the question that the page answers."""
    question, _, rest = source.strip().partition("\n")
    if not question.startswith("# "):
        return _markdown(source)
    return f'<p class="asked">{escape(question[2:])}</p>{_markdown(rest)}'


def _unfolding(section: str) -> str:
    """Make the heading of a section what unfolds it."""
    return re.sub(r"^\s*(<h2\b.*?</h2>)", r"<summary>\1</summary>", section, count=1, flags=re.DOTALL)


def _without_empty_sections(body: str) -> str:
    """Drop the headings that nothing stands under: with little data a page is short."""
    empty_fold = r'<details class="fold"><summary><h2\b[^>]*>[^<]*</h2></summary>\s*</details>'
    return re.sub(r"<h2\b[^>]*>[^<]*</h2>\s*(?=<h2\b|<details class=\"fold\">|\Z)", "", re.sub(empty_fold, "", body))


def _markdown(source: str) -> str:
    return str(MarkdownWithMath(renderer=IPythonRenderer(exclude_anchor_links=True)).render(source))


def page(notebook: NotebookNode, head: Head, words: Words, code: bool = False) -> bytes:
    """Export an executed notebook as one self-contained page; with its code folded above what it shows if asked.

    Of a dossier the customer's edition has only the cells made for it, no code, and a head that tells nothing else.
    """
    copy = nbformat.from_dict(notebook)
    if head.edition:
        copy.cells = [cell for cell in copy.cells if in_edition(cell, head.edition)]
        head = edition_head(head, words)
    label = words("page.code") if code and head.edition != "customer" else ""
    body, _ = PageExporter(words.language, bool(label)).from_notebook_node(copy, resources={"code_label": label})
    body = _without_empty_sections(body)
    if head.provenance:
        body += str(provenance(head.provenance, words))
    return framed(body, head, words)
