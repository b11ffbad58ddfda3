"""kamlab: Key Account Management analyses, from raw transactions to reports that a managing director can read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kamlab.study import Study

# Where JupyterLab is installed, jsonschema would build the grammar of this package on import: a second for nothing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(engagement: str | Path | None = None, language: str = "de") -> Study:
    """Open an engagement for a notebook; see `kamlab.study.open_study`."""
    from kamlab.study import open_study  # late: the command line must start fast

    return open_study(engagement, language)
