"""Routes that read their requests and write their answers themselves.

Such a function takes the request alone and returns a response: nothing is solved, validated or serialised around it,
which costs more than all the work of a webhook. Its policy still stands at the route, where tests and the API's
document find it; a policy that must be met by a signed-in caller would never run, so only `public` ones are allowed.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from backend.core.http.access import policy_of


class PlainRoute(APIRoute):
    """For `APIRouter(route_class=PlainRoute)`; functions must be `async def f(request: Request) -> Response`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        policy = policy_of(self.dependant)
        if policy is None or not policy.public:
            raise LookupError(f"{self.path}: a plain route checks nobody; it must be public and say why that is safe.")
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint
