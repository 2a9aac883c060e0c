"""One animal: how it stands, its latest image with the outline, its numbers with their ±, trends, scans, records."""

from typing import Any

import reflex as rx

from components.buttons import button, icon_button, link_button, text_link
from components.cards import FRAME, card, card_title, fact, facts
from components.forms import text_field
from components.icons import icon
from components.page import columns, stack
from components.pill import TONES, pill
from components.shell import shell
from components.states import error_state, skeleton
from components.trend import trend_card
from components.widgets.dialog.dialog import dialog
from components.widgets.keys.keys import keys
from components.widgets.live_bridge.live_bridge import live_badge
from components.widgets.photo_upload.photo_upload import photo_upload
from components.widgets.share.share import share_button
from components.widgets.when.when import ago, full_time
from pages.parts.herd_dialogs import animal_fields, form, move_dialog
from pages.parts.nothing import nothing_here
from pages.parts.report_actions import report_actions
from pages.parts.scan_rows import scan_gallery, scan_table
from state.animal import AnimalState as State
from state.moving import MovingState

STAFF = {"data-for": "admin technician"}
STANDING = "flex items-center gap-4 rounded-card p-4"


def _heading() -> rx.Component:
    animal = State.animal
    return rx.el.header(
        rx.el.h1(animal.tag, class_name="text-title font-bold tracking-tight"),
        rx.el.div(
            rx.el.span(animal.what),
            rx.cond((animal.what != "") & (animal.farm != ""), " · ", ""),
            rx.el.span(animal.farm),
            rx.cond(animal.group != "", rx.fragment(" · ", text_link(animal.group, animal.group_href))),
            class_name="min-w-0 truncate text-muted",
        ),
        rx.el.div(
            report_actions("animals", animal.id, animal.tag), class_name="flex flex-wrap items-center gap-2 md:ml-auto"
        ),
        rx.el.div(
            button("Move", symbol="arrow-right-left", on_click=MovingState.open_animals([animal.id], animal.tag)),
            button("Edit", symbol="pencil", on_click=State.open_dialog("edit")),
            class_name="gap-2",
            custom_attrs=STAFF,
        ),
        class_name="mb-3 flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1",
    )


def _image() -> rx.Component:
    animal = State.animal
    picture = rx.el.a(
        rx.el.img(src=animal.image, alt=animal.image_words, decoding="async", class_name="size-full object-contain"),
        href=animal.image_href,
        class_name="block size-full",
        custom_attrs={"aria-label": "Open the scan"},
    )
    none = rx.el.div(
        icon("image-off", size=24),
        rx.el.p("No usable image yet", class_name="mt-2"),
        class_name="flex size-full flex-col items-center justify-center text-on-image-muted",
    )
    return rx.el.div(
        rx.cond(animal.image != "", picture, none),
        class_name="aspect-5/3 w-full overflow-hidden rounded-card bg-image max-h-[46dvh]",
    )


def _standing() -> rx.Component:
    animal = State.animal
    looks = [(tone, f"{STANDING} {look}") for tone, look in TONES.items()]
    return rx.el.section(
        rx.el.div(
            rx.el.h2(animal.headline, class_name="text-lg font-bold"),
            rx.el.p(animal.explanation, class_name="mt-0.5 text-sm text-text"),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            animal.grade != "",
            rx.el.div(
                rx.el.div(animal.grade, class_name="text-base font-bold", title="Projected from the latest scan"),
                rx.el.div(animal.grade_basis, class_name="mt-0.5 text-xs text-text"),
                class_name="max-w-28 shrink-0 text-right",
            ),
        ),
        class_name=rx.match(animal.tone, *looks, f"{STANDING} {TONES['neutral']}"),
    )


def _number(number: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(number.label, class_name="text-xs text-muted"),
        rx.el.div(
            rx.el.span(number.value, class_name="text-figure font-bold tracking-tight"),
            rx.el.span(number.unit, class_name="text-sm font-semibold whitespace-nowrap text-muted"),
            class_name="figures mt-1 flex min-h-8 flex-wrap items-baseline gap-x-1.5",
        ),
        rx.foreach(number.notes, lambda note: rx.el.p(note, class_name="mt-1 text-xs text-muted")),
        class_name=f"{FRAME} p-4",
    )


def _numbers() -> rx.Component:
    return rx.el.div(rx.foreach(State.animal.numbers, _number), class_name="grid grid-cols-2 gap-3")


def _trends() -> rx.Component:
    open_dots = rx.cond(
        State.unreviewed,
        rx.el.p("Open dots have not been accepted; they count for nothing.", class_name="mt-2 text-xs text-muted"),
    )
    return rx.el.div(
        trend_card(State.backfat, open_dots),
        trend_card(State.rea, open_dots),
        trend_card(State.weight),
        class_name="grid gap-3 xl:grid-cols-2",
    )


def _share() -> rx.Component:
    """The one main act on a phone, within the thumb's reach."""
    animal = State.animal
    report = f"/api/v1/animals/{animal.id}/report.pdf"
    return rx.el.div(
        share_button(
            report,
            animal.tag + ".pdf",
            "Share report",
            kind="primary",
            instead="Open report",
            class_name="flex-1 md:hidden",
        ),
        link_button("All scans", "#scans", symbol="scan-line"),
        class_name="flex flex-wrap gap-2",
        id="animal-acts",
    )


def _scans() -> rx.Component:
    table = scan_table(State.scans, caption="Scans of this animal, newest first")
    mine = rx.cond(State.role == "farmer", scan_gallery(State.scans, plain=True), table)
    nothing = rx.el.p("No scan of it to show yet.", class_name="text-muted")
    return rx.el.section(
        rx.el.h2("Scans", class_name="mt-3 mb-2 text-base font-semibold", id="scans"),
        rx.cond(State.scans, mine, nothing),
    )


def _record() -> rx.Component:
    animal = State.animal
    photo = rx.el.img(
        src=animal.photo,
        alt=f"Photo of {animal.tag}",
        loading="lazy",
        class_name="mb-3 max-h-64 w-full rounded-control object-cover",
    )
    acts = rx.el.div(
        photo_upload(animal.id, rx.cond(animal.photo != "", "Replace photo", "Add photo"), State.photo_changed),
        rx.cond(animal.photo != "", button("Remove photo", kind="ghost", on_click=State.drop_photo)),
        class_name="mt-3 flex-wrap gap-2",
        custom_attrs=STAFF,
    )
    return card(
        card_title("Record", rx.cond(animal.status != "active", pill(animal.status), rx.fragment())),
        rx.cond(animal.photo != "", photo),
        facts(
            fact("Tag", animal.tag),
            rx.cond(animal.rfid != "", fact("RFID", animal.rfid)),
            rx.cond(animal.breed != "", fact("Breed", animal.breed)),
            rx.cond(animal.sex != "", fact("Sex", animal.sex)),
            rx.cond(animal.age != "", fact("Age", rx.el.span(animal.age, title=animal.born))),
            rx.cond(animal.farm != "", fact("Farm", animal.farm)),
            rx.cond(animal.group != "", fact("Group", animal.group)),
            rx.cond(animal.zone != "", fact("Time zone", animal.zone)),
            rx.cond(animal.scanned != "", fact("Last usable scan", full_time(animal.scanned, animal.zone))),
        ),
        acts,
    )


def _weights() -> rx.Component:
    def line(weight: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(weight.what, class_name="figures font-semibold"),
            rx.el.span(weight.when, class_name="figures ml-auto text-muted"),
            rx.el.span(
                icon_button("x", f"Strike out {weight.what}", on_click=State.drop_weight(weight.id)), custom_attrs=STAFF
            ),
            key=weight.id,
            class_name="flex min-h-11 items-center gap-3 text-sm",
        )

    add = rx.el.span(button("Weigh", symbol="weight", on_click=State.open_dialog("weigh")), custom_attrs=STAFF)
    return card(
        card_title("Weights", add),
        rx.cond(
            State.weights,
            rx.el.ul(rx.foreach(State.weights, line)),
            rx.el.p("Not weighed yet.", class_name="text-sm text-muted"),
        ),
    )


def _moves() -> rx.Component:
    def line(move: Any) -> rx.Component:
        button_of = button("Undo", symbol="undo-2", on_click=State.undo_move(move.id))
        by = rx.cond(move.who != "", rx.fragment(" · ", move.who))
        return rx.el.li(
            rx.el.div(
                rx.el.div(move.what, class_name="text-sm"),
                rx.el.div(ago(move.when), by, class_name="text-xs text-muted"),
                class_name="min-w-0 grow",
            ),
            rx.cond(move.undo, rx.el.span(button_of, custom_attrs=STAFF)),
            key=move.id,
            class_name="flex min-h-11 items-center gap-3 py-1",
        )

    return rx.cond(State.moves, card(card_title("Moves"), rx.el.ul(rx.foreach(State.moves, line))))


def _dialogs() -> rx.Component:
    errors, close = State.errors, State.close_dialog
    edit = form(animal_fields(errors, State.animal), errors=errors, act="Save", on_submit=State.save, on_close=close)
    weigh = form(
        text_field(
            rx.cond(State.units == "imperial", "Weight, lb", "Weight, kg"),
            "kg",
            error=errors.get("kg", ""),
            required=True,
            auto_focus=True,
            input_mode="decimal",
        ),
        text_field(
            "Day", "weighed_on", kind="date", hint="Today where it is empty", error=errors.get("weighed_on", "")
        ),
        errors=errors,
        act="Write down",
        on_submit=State.weigh,
        on_close=close,
    )
    return rx.fragment(
        dialog(edit, shown=State.dialog == "edit", title="Edit the record", on_close=close),
        dialog(weigh, shown=State.dialog == "weigh", title="Write down a weight", on_close=close),
        move_dialog(State.refresh),
    )


def _shape() -> rx.Component:
    """The page before its first answer."""
    return rx.el.div(
        skeleton("h-7 w-40"),
        skeleton("mt-4 aspect-5/3 w-full max-h-[46dvh]"),
        skeleton("mt-3 h-20 w-full"),
        rx.el.div(skeleton("h-28"), skeleton("h-28"), class_name="mt-3 grid grid-cols-2 gap-3"),
        custom_attrs={"aria-busy": "true", "aria-label": "Loading"},
    )


def animal_page() -> rx.Component:
    """The animal, or what stands in its place."""
    main = stack(_image(), _standing(), _numbers(), _share(), _trends(), _scans())
    content = rx.fragment(_heading(), columns(main, stack(_record(), _weights(), _moves())), _dialogs())
    found = rx.cond(State.missing, nothing_here("/herd", "Back to the herd"), content)
    return shell(
        rx.cond(
            State.problem != "",
            error_state(State.problem, State.load),
            rx.cond(State.loaded, found, _shape()),
        ),
        keys(),
        crumbs=[("Herd", "/herd"), (rx.cond(State.animal.tag != "", State.animal.tag, "Animal"), "")],
        beside=live_badge(State.refresh, topics=["scan.", "animal."], rest_ms=2000),
    )
