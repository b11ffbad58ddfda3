"""Where notebooks and the demo engagement lie: in the wheel under `kamlab/bundled`, in a checkout at its top level."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def bundled(name: str) -> Path:
    """Return the folder `name` (`notebooks`, `data/demo`) that came with the package.

    Raises
    ------
    FileNotFoundError
        The installation is incomplete.
    """
    for root in (_PACKAGE / "bundled", _PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"{name} is missing from this installation of kamlab")
