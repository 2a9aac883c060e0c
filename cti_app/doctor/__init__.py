"""What is missing or wrong on this machine or in this installation, and the remedy for each.

A check looks and mends nothing; one that cannot look says why. `cti doctor` shows the findings.
"""

from collections.abc import Iterator

from backend.core.settings import Settings
from cti_app.doctor.finding import Finding
from cti_app.doctor.installation import installation_findings
from cti_app.doctor.machine import machine_findings

SERVICES_NEED = frozenset({"PostgreSQL", "PostGIS", "Redis", "account", "data directory"})
__all__ = ["Finding", "examine"]


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, the machine's first: what is wrong there explains what follows."""
    machine = list(machine_findings(settings))
    yield from machine
    fit = not any(finding.wrong for finding in machine if finding.check in SERVICES_NEED)
    yield from installation_findings(settings, services_can_run=fit)
