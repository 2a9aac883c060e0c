"""The webhook's way from headers and bytes to a stored capture."""

from time import time

from starlette.requests import Request

from backend.core.errors import CtiError
from backend.core.runtime import runtime
from backend.ingest import service, signature
from backend.ingest.attempt import Attempt
from backend.ingest.edge import chunks, ingest_limits
from backend.ingest.service import Receipt

MAX_BODY_BYTES = 1_048_576


async def receive(request: Request, attempt: Attempt) -> Receipt:
    """Read, verify, check and store one delivery. Raises an error of ours for each case of the table of answers."""
    attempt.body = b"".join([chunk async for chunk in chunks(request, attempt, MAX_BODY_BYTES)])
    _verify(request, attempt)
    here = runtime()
    envelope = service.open_webhook(attempt)
    await ingest_limits().admit_device(attempt.device_code or "")
    delivery = await service.read_webhook(envelope, attempt, here.store)
    async with here.database.bare_unit() as uow:
        return await service.deliver(uow, delivery, attempt)


def _verify(request: Request, attempt: Attempt) -> None:
    """Check the signature; an address with too many bad ones behind it is told to wait instead of why."""
    try:
        secrets = runtime().settings.webhook_secrets
        signature.verify(request.scope["headers"], attempt.body, secrets, time())
    except CtiError:
        ingest_limits().check_stranger(attempt.remote_ip)
        raise
    attempt.trusted = True
