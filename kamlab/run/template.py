"""What the template of all jobs has ready: everything imported, and what is slow the first time done once.

Nothing here may start a thread: a copy of the template would not have it.
"""

import atexit
import gc
import os


def _make_ready() -> None:
    import pandas as pd
    from nbformat.v4 import new_notebook

    import kamlab.data
    import kamlab.fitness
    import kamlab.potential
    import kamlab.selection  # noqa: F401
    from kamlab.figures import Drawing, to_png, to_svg
    from kamlab.figures.theme import canvas
    from kamlab.report.page import PageExporter
    from kamlab.report.tables import html_table
    from kamlab.run import engine  # noqa: F401
    from kamlab.text import LANGUAGES, Words

    for language in LANGUAGES:
        html_table(pd.DataFrame({"name": [""], "revenue": [0.0]}), Words(language), "template", "")
    with canvas(1) as axes:
        to_svg(drawn := Drawing("template", axes, pd.DataFrame()), "")
        to_png(drawn, "", "", "")
    PageExporter(LANGUAGES[0], code=False).from_notebook_node(new_notebook())


gc.disable()  # all that is made here stays: looking for what could go costs a fifth of the time
_make_ready()
gc.freeze()  # nor need it be gone through again in every copy
gc.enable()
atexit.register(os._exit, 0)  # nothing of it needs an orderly end, and DuckDB's binding would count what is left
