"""What can go wrong with an import as a whole; what is wrong with a row stands in its fate."""

from backend.core.errors import Conflict, NotFound


class ImportNotFound(NotFound):
    title = "There is no such import"


class ImportNotDraft(Conflict):
    code, title = "import_not_draft", "The file has been imported already"


class ImportNotDone(Conflict):
    code, title = "import_not_done", "The file is not imported, or has been taken back already"


class NothingToImport(Conflict):
    code, title = "nothing_to_import", "No row of the file would change anything"
