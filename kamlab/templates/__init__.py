"""What a user fills in or looks up, made from the contracts: a new engagement, its input workbook, the data dictionary.

Knows no data and opens none; bytes leave through `publish`.
"""

from kamlab.templates.beginning import WORKBOOKS, Beginning, begin
from kamlab.templates.workbook import input_workbook

__all__ = ["WORKBOOKS", "Beginning", "begin", "input_workbook"]
