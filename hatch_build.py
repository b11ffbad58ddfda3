"""Build hook: the wheel carries the notebooks and the demo; sdist and editable install have them where they lie."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = {
    "notebooks": ("*.ipynb",),
    "data/demo": ("engagement.yml", "inputs/*"),
}


class BundleHook(BuildHookInterface[Any]):
    """Adds the bundled files to a wheel, and refuses to build one without them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        for folder, patterns in BUNDLED.items():
            files = sorted(file for pattern in patterns for file in (root / folder).glob(pattern))
            if not files:
                raise FileNotFoundError(f"nothing to bundle from {folder}: the wheel would be empty")
            for file in files:
                target = Path("kamlab/bundled") / file.relative_to(root)
                build_data["force_include"][str(file)] = target.as_posix()
