"""What can go wrong with a private service, each with a sentence that tells the remedy."""

from pathlib import Path


class ServiceError(Exception):
    """A private service cannot run; the message is written for whoever typed the command."""


class BinaryMissing(ServiceError):
    """A program or extension of the system is not installed."""

    def __init__(self, what: str, package: str) -> None:
        super().__init__(f"{what} is not installed: install the Debian package {package} (apt-get install {package}).")
        self.package = package


class FolderUnusable(ServiceError):
    """A folder belongs to somebody else, is too long for a socket, or cannot be entered."""


class ServiceInUse(ServiceError):
    """Another process on this machine already runs the service on the same folder."""

    def __init__(self, name: str, folder: Path, holder: str) -> None:
        super().__init__(
            f"{name} in {folder} is already run by {holder}: stop that first, or use another data directory."
        )


class ServiceFailed(ServiceError):
    """The service ended or did not get ready; carries the last lines it wrote."""
