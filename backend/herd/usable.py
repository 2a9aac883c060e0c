"""The one rule of which measurements count: those of a trait that a person accepted, where it was measured at all.

Farmers are shown nothing else; technicians and admins see the rest marked as what it is.
"""

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from backend.reviews.rules import COLUMNS, REVIEWS, Trait
from backend.scans.models import Scan


def usable(trait: Trait) -> ColumnElement[bool]:
    """Whether a scan's value of a trait counts."""
    review, value = getattr(Scan, REVIEWS[trait]), getattr(Scan, COLUMNS[trait])
    return and_(col(review) == "accepted", col(value).is_not(None))
