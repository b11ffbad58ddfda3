"""Values of the settings refused for a reason of ours, told in the user's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic_core import PydanticCustomError

from kamlab.text import Words


def refused(reason: str, **values: Any) -> PydanticCustomError:
    """Refuse a value for a reason of ours; its text stands in the catalogues under `settings.<reason>`."""
    return PydanticCustomError(reason, Words("en")(f"settings.{reason}", **values).replace("{", "{{"), values)


def written(reason: str, pattern: str) -> Callable[[Any], Any]:
    """Make a check that a text is written in the one way that is allowed: libraries read much more into it."""

    def check(text: Any) -> Any:
        if isinstance(text, str) and not re.fullmatch(pattern, text, re.ASCII):
            raise refused(reason)
        return text

    return check
