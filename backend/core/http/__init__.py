"""The HTTP edge every subject's `api.py` stands on: who calls, in which transaction, and how errors are told."""

from backend.core.http.access import (
    ActorDep,
    AnonymousUow,
    Uow,
    check_policies,
    current_actor,
    policies,
    public,
    require,
    signed_in,
)
from backend.core.http.addresses import client_ip, network_of
from backend.core.http.credentials import (
    ACCESS_COOKIE,
    CSRF_COOKIE,
    CSRF_HEADER,
    REFRESH_COOKIE,
    Authenticate,
    Credentials,
    check_csrf,
    check_same_site,
    csrf_token,
)
from backend.core.http.problems import Problem, problem, problem_of

__all__ = [
    "ACCESS_COOKIE",
    "CSRF_COOKIE",
    "CSRF_HEADER",
    "REFRESH_COOKIE",
    "ActorDep",
    "AnonymousUow",
    "Authenticate",
    "Credentials",
    "Problem",
    "Uow",
    "check_csrf",
    "check_policies",
    "check_same_site",
    "client_ip",
    "csrf_token",
    "current_actor",
    "network_of",
    "policies",
    "problem",
    "problem_of",
    "public",
    "require",
    "signed_in",
]
