"""What people do with the gradings of a scan: look at another, let it count, compare two, run again, read by eye."""

from backend.core.errors import CtiError
from backend.grading import corrections
from backend.grading import service as gradings
from backend.registry import service as registry
from state.base import allow
from state.grading_views import ResultView, compared
from state.readings import reading_of, unit_labels
from state.scan import ScanState

LEAST_TO_COMPARE = 2


def options_of(found: registry.Registry) -> list[list[str]]:
    """The models a run can be asked for by name, each with what it is at the moment."""
    return [
        [model.reference, f"{model.reference} ({', '.join(model.aliases)})" if model.aliases else model.reference]
        for model in found.models
        if model.status == "ready"
    ]


def pair_of(results: list[ResultView]) -> tuple[ResultView, ResultView]:
    """What a comparison begins with: the result that counts, and the newest other one."""
    first = next((result for result in results if result.counts), results[0])
    return first, next(result for result in results if result.id != first.id)


class ScanGradingState(ScanState):
    """The dialogs over the measurements of the open scan."""

    model_options: list[list[str]] = []
    left: ResultView = ResultView()
    right: ResultView = ResultView()
    lines: list[list[str]] = []
    reading_units: dict[str, str] = {"rea_cm2": "", "backfat_mm": ""}
    reading_errors: dict[str, str] = {}

    @allow("admin", "technician")
    async def look_at(self, result_id: str) -> None:
        """Show another result, its outline with it; nothing is changed by looking."""
        self.wanted = str(result_id)
        await self._load()

    @allow("admin", "technician")
    async def use(self, result_id: str) -> None:
        """Let another result count for the scan."""
        try:
            async with self._unit() as uow:
                await gradings.use_result(uow, self._id(self.scan.id), self._id(result_id))
        except CtiError as error:
            self._say(error.detail, "warning")
            return
        self.wanted = ""
        self._say("This result counts from now on.")
        await self._load()

    @allow("admin", "technician")
    async def corrected(self, _result_id: str) -> None:
        """Show the correction that was just saved: it counts from now on."""
        self.wanted = ""
        self._say("The correction is saved and counts from now on.")
        await self._load()

    @allow("admin", "technician")
    async def ask_again(self) -> None:
        """Open the dialog that asks by which model."""
        async with self._unit(read_only=True) as uow:
            self.model_options = options_of(await registry.list_models(uow))
        self.grade_dialog = "grade"

    @allow("admin", "technician")
    async def grade(self, form: dict[str, str]) -> None:
        """Ask for another run, by the model chosen or by the one whose turn it is."""
        self.grade_dialog = ""
        model = str(form.get("model", "")) or None
        try:
            async with self._unit() as uow:
                await gradings.request_grade(uow, self._id(self.scan.id), model)
        except CtiError as error:
            self._say(error.detail, "warning")
        else:
            self.wanted = ""
            self._say("The worker grades it. The result appears here by itself.")
        await self._load()

    @allow("admin", "technician")
    def open_reading(self) -> None:
        """Open the dialog for numbers read by eye."""
        self.reading_units, self.reading_errors, self.grade_dialog = unit_labels(self.units), {}, "reading"

    @allow("admin", "technician")
    async def save_reading(self, form: dict[str, str]) -> None:
        """Add what a person read; it counts from now on, and everything before it stays."""
        try:
            read = reading_of(form, self.units)
            async with self._unit() as uow:
                await corrections.add_reading(uow, self._id(self.scan.id), **read.model_dump())
        except CtiError as error:
            self.reading_errors = self._field_errors(error)
            return
        self.wanted = self.grade_dialog = ""
        self._say("Your reading counts from now on. What the models measured stays.")
        await self._load()

    @allow("admin", "technician")
    def compare(self) -> None:
        """Put two results side by side."""
        results = list(self.grading.results)
        if len(results) >= LEAST_TO_COMPARE:
            self._lay(*pair_of(results))
            self.grade_dialog = "compare"

    @allow("admin", "technician")
    def choose_left(self, result_id: str) -> None:
        """Change the result on the left."""
        self._lay(self._result(result_id), self.right)

    @allow("admin", "technician")
    def choose_right(self, result_id: str) -> None:
        """Change the result on the right."""
        self._lay(self.left, self._result(result_id))

    @allow("admin", "technician")
    def close_grade_dialog(self) -> None:
        """Close the dialog, changing nothing."""
        self.grade_dialog = ""

    def _lay(self, left: ResultView, right: ResultView) -> None:
        self.left, self.right, self.lines = left, right, compared(left, right)

    def _result(self, result_id: object) -> ResultView:
        return next((result for result in self.grading.results if result.id == str(result_id)), ResultView())
