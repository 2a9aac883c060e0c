"""Starts the programs of an installation in order, keeps them alive, and ends them in the opposite order.

It knows programs, not the product: which ones there are is said by `cti_app.platform`.
"""

from cti_app.supervisor.backoff import Backoff
from cti_app.supervisor.keeper import GaveUp
from cti_app.supervisor.program import AppProgram, Chore, Program, Step, Together
from cti_app.supervisor.report import JsonReport, Notice, Report, TerminalReport
from cti_app.supervisor.supervisor import Supervisor

__all__ = [
    "AppProgram",
    "Backoff",
    "Chore",
    "GaveUp",
    "JsonReport",
    "Notice",
    "Program",
    "Report",
    "Step",
    "Supervisor",
    "TerminalReport",
    "Together",
]
