from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.aliases import ALIASES, INNER_ALIASES, OLD_SPELLINGS, camel_case, fold
from backend.ingest.schema import property_names, schema_errors
from tests.support.captures import meta

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
known_names = st.sampled_from([*ALIASES, *property_names()])
documents = st.dictionaries(known_names | st.text(), json_values, max_size=8)


@given(documents)
def test_folding_twice_changes_nothing_more(document: dict[str, object]) -> None:
    once = fold(document)
    assert fold(once.document).document == once.document


@given(documents)
def test_folding_leaves_what_was_sent_as_it_is(document: dict[str, object]) -> None:
    before = deepcopy(document)
    fold(document)
    assert document == before


@given(documents)
def test_no_alias_is_left_unless_its_object_is_none(document: dict[str, object]) -> None:
    folded = fold(document).document
    for alias in folded.keys() & ALIASES.keys():
        assert not isinstance(folded[ALIASES[alias][0]], dict)


def test_every_alias_leads_to_a_name_of_the_schema() -> None:
    for path in ALIASES.values():
        assert path[-1] in property_names(*path[:-1])
    for parent, aliases in INNER_ALIASES.items():
        assert {path[-1] for path in aliases.values()} <= set(property_names(parent))


def test_no_alias_is_itself_a_name_of_the_schema() -> None:
    assert not ALIASES.keys() & set(property_names())


def test_metadata_in_camel_case_means_the_same() -> None:
    document = meta(gps={"lat": 1.0, "lon": 2.0, "accuracy_m": 3.0}, calibration={"mm_per_px_x": 0.352})
    camel = {
        camel_case(key): {camel_case(name): inner for name, inner in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in document.items()
    }
    assert camel != document
    assert fold(camel).document == document


def test_the_old_spellings_of_the_field_are_folded() -> None:
    old = meta(
        Animal_RFID="982 000123",
        group_ID="pen-4",
        IMF="4.2",
        backfat_thickness=11,
        ribeye_area=" 82.5 ",
        animal_weight="",
        grading="AAA",
        clarity="Good",
    )
    folded = fold(old)
    assert folded.document == meta(
        animal_rfid="982 000123",
        group_id="pen-4",
        device_grading={
            "imf_pct": 4.2,
            "backfat_mm": 11,
            "ribeye_area_cm2": 82.5,
            "weight_kg": None,
            "grade": "AAA",
        },
        clarity="good",
    )
    assert not folded.errors
    assert schema_errors(folded.document) == []


def test_every_old_spelling_is_folded_alone() -> None:
    for old, path in OLD_SPELLINGS.items():
        folded = fold({old: "7"}).document
        assert folded == {path[0]: "7"} or folded.keys() == {"device_grading"}


def test_an_object_in_camel_case_takes_in_values_said_at_the_top() -> None:
    folded = fold({"IMF": 4, "deviceGrading": {"backfatMm": 9}})
    assert folded.document == {"device_grading": {"imf_pct": 4, "backfat_mm": 9}}
    assert not folded.errors


def test_the_same_value_under_two_names_is_fine() -> None:
    folded = fold({"Animal_RFID": "1", "animal_rfid": "1"})
    assert (folded.document, folded.errors) == ({"animal_rfid": "1"}, [])


def test_a_null_under_one_name_gives_way_to_a_value_under_the_other() -> None:
    assert fold({"Animal_RFID": None, "animal_rfid": "1"}).document == {"animal_rfid": "1"}
    assert fold({"Animal_RFID": "1", "animal_rfid": None}).document == {"animal_rfid": "1"}


def test_two_names_that_disagree_are_an_error_in_words() -> None:
    [error] = fold({"IMF": 4, "device_grading": {"imf_pct": 5}}).errors
    assert error["path"] == "device_grading.imf_pct"
    assert "'IMF'" in error["message"]


def test_text_that_is_no_number_is_left_for_the_schema_to_refuse() -> None:
    for text in ("4,2", "0x10", "1e3", "nan", "\u0661"):
        folded = fold(meta(IMF=text))
        [error] = schema_errors(folded.document, folded.sent_as)
        assert error["path"] == "device_grading.imf_pct"
        assert "sent as 'IMF'" in error["message"]


def test_unknown_keys_are_kept() -> None:
    assert fold({"battery_pct": 80, "probe": {"serial": "A"}}).document == {"battery_pct": 80, "probe": {"serial": "A"}}
