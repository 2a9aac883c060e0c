"""Private PostgreSQL and Redis from the system's own binaries, for the local profile and for tests.

Nothing here reads a setting or knows the product's tables: a service is given folders and an account, and says
in words what is missing. Production points `CTI_DATABASE_URL` and `CTI_REDIS_URL` elsewhere and never comes here.
"""

from cti_app.services.account import Account, service_account
from cti_app.services.base import PrivateService
from cti_app.services.errors import BinaryMissing, FolderUnusable, ServiceError, ServiceFailed, ServiceInUse
from cti_app.services.places import Places, find_places
from cti_app.services.postgres import PrivatePostgres
from cti_app.services.redis import PrivateRedis

__all__ = [
    "Account",
    "BinaryMissing",
    "FolderUnusable",
    "Places",
    "PrivatePostgres",
    "PrivateRedis",
    "PrivateService",
    "ServiceError",
    "ServiceFailed",
    "ServiceInUse",
    "find_places",
    "service_account",
]
