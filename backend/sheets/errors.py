"""Why a file could not be read, in words for whoever keeps it."""

from backend.core.errors import Invalid, UnsupportedMedia


class NotATable(UnsupportedMedia):
    """Neither text with columns nor a workbook."""

    code, title = "not_a_table", "The file is no table this product can read"


class BadTable(Invalid):
    """A table that is broken, too large or without the columns that are needed."""

    code, title = "bad_table", "The table could not be read"
