"""The dialog in which readers choose their keys."""

from backend.core.errors import CtiError
from backend.reviews import keys as review_keys
from state.base import allow
from state.review import ReviewState

NO_ERRORS = dict.fromkeys((*review_keys.USUAL, "form"), "")


class ReviewKeysState(ReviewState):
    """Choosing keys; what clashes is said beside each."""

    keys_open: bool = False
    key_errors: dict[str, str] = NO_ERRORS

    @allow("admin", "technician")
    def open_keys(self) -> None:
        """Open the dialog."""
        self.keys_open, self.key_errors = True, NO_ERRORS

    @allow("admin", "technician")
    def close_keys(self) -> None:
        """Close it, changing nothing."""
        self.keys_open = False

    @allow("admin", "technician")
    async def save_keys(self, form: dict[str, str]) -> None:
        """Keep the choice, unless two acts want the same key."""
        wanted = {act: str(form.get(act, "")) or usual for act, usual in review_keys.USUAL.items()}
        await self._choose(wanted)

    @allow("admin", "technician")
    async def usual_keys(self) -> None:
        """Go back to the usual keys."""
        await self._choose(review_keys.USUAL)

    async def _choose(self, wanted: dict[str, str]) -> None:
        try:
            async with self._unit() as uow:
                self._show_keys(await review_keys.choose_keys(uow, wanted))
        except CtiError as error:
            self.key_errors = NO_ERRORS | self._field_errors(error)
            return
        self.keys_open = False
        self._say("Your keys are kept.")
