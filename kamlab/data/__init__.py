"""The readiness of the data: an analysis like every other, of the facts themselves."""

from kamlab.data.readiness import readiness

__all__ = ["readiness"]
