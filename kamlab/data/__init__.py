"""The readiness of the data: an analysis like every other, of the facts themselves."""

from kamlab.data.findings import OURS
from kamlab.data.readiness import readiness

__all__ = ["OURS", "readiness"]
