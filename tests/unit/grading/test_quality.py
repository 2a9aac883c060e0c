"""Indicative grades follow the table, and say why where there are none."""

import json
from pathlib import Path

import pytest

from backend.grading.measures.quality import NO_IMF, SHIPPED_TABLE, indicative_grades, quality_table


def test_a_cross_section_has_no_quality_grade_and_says_why() -> None:
    grades = indicative_grades(None, 11.6, 2.7)
    assert (grades.marbling, grades.usda_quality, grades.canada_quality) == (None, None, None)
    assert grades.reasons == (NO_IMF,)
    assert grades.canada_yield == 2
    assert grades.label == "indicative"


@pytest.mark.parametrize("number", range(7))
def test_each_degree_stands_for_its_grades(number: int) -> None:
    band = quality_table().marbling[number]
    grades = indicative_grades(band.imf_percent_from, 8.0, None)
    assert (grades.marbling, grades.usda_quality, grades.canada_quality) == (band.degree, band.usda, band.canada)


def test_the_usda_grades_are_those_of_the_standard() -> None:
    by_degree = {band.degree: band.usda for band in quality_table().marbling}
    assert by_degree["slightly abundant"] == "Prime"
    assert {by_degree[degree] for degree in ("small", "modest", "moderate")} == {"Choice"}
    assert by_degree["slight"] == "Select"
    assert by_degree["traces"] == "Standard"


def test_canada_asks_for_two_millimetres_of_fat() -> None:
    assert indicative_grades(4.5, 2.0, None).canada_quality == "AAA"
    lean = indicative_grades(4.5, 1.9, None)
    assert lean.canada_quality is None
    assert lean.usda_quality == "Choice"
    assert "1.9 mm" in lean.reasons[0]


@pytest.mark.parametrize(("value", "grade"), [(0.2, 1), (1.99, 1), (2.0, 2), (3.5, 3), (4.0, 4), (6.1, 5)])
def test_the_canadian_yield_classes(value: float, grade: int) -> None:
    assert indicative_grades(None, 8.0, value).canada_yield == grade


def test_an_installation_may_bring_its_own_table(tmp_path: Path) -> None:
    document = json.loads(SHIPPED_TABLE.read_text())
    document["version"] = "2.0.0"
    document["marbling"][2]["imf_percent_from"] = 3.5
    own = tmp_path / "own.json"
    own.write_text(json.dumps(document))
    grades = indicative_grades(3.0, 8.0, None, quality_table(own))
    assert (grades.marbling, grades.table_version) == ("traces", "2.0.0")


def test_a_table_whose_bands_do_not_rise_is_refused(tmp_path: Path) -> None:
    document = json.loads(SHIPPED_TABLE.read_text())
    document["marbling"][3]["imf_percent_from"] = 0.5
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="must rise"):
        quality_table(wrong)


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    with pytest.raises(ValueError, match=r"wrong\.json is not a quality table"):
        quality_table(wrong)
