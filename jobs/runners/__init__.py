"""What background tasks do, a module a subject. Importing this registers every kind with `jobs.background`."""

from jobs.runners import exports, farm_scans, imports, reports, scans

__all__ = ["exports", "farm_scans", "imports", "reports", "scans"]
