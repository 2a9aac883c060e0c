"""The sticker on a device: its code, what people call it, and a QR code that leads to its page. It holds no secret."""

import base64
import hashlib
from html import escape
from uuid import UUID

import segno

from backend.core.database import UnitOfWork
from backend.core.runtime import runtime
from backend.devices import service

CSS = """
@page { size: 74mm 34mm; margin: 0 }
body { margin: 0; font: 11px/1.35 system-ui, sans-serif; color: #000; background: #fff }
main { box-sizing: border-box; display: flex; gap: 3mm; align-items: center; width: 74mm; height: 34mm; padding: 3mm }
svg { flex: none; width: 28mm; height: 28mm }
h1 { margin: 0 0 1mm; font-size: 15px; overflow-wrap: anywhere }
p { margin: 0; overflow-wrap: anywhere }
footer { padding: 4mm 3mm; color: #555 }
@media print { footer { display: none } }
"""
POLICY = (
    "default-src 'none'; frame-ancestors 'self'; style-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()}'"
)


async def sticker(uow: UnitOfWork, device_id: UUID) -> str:
    """A page of one sticker, 74 by 34 mm, ready to be printed. Raises Forbidden, DeviceNotFound."""
    service.require_admin(uow)
    device = (await service.get_device(uow, device_id)).device
    link = f"{runtime().settings.public_url}/admin/devices/{device.id}"
    return draw(device.device_code, device.label or "", link)


def draw(code: str, label: str, link: str) -> str:
    """The HTML of a sticker."""
    qr = segno.make(link, error="m", micro=False).svg_inline(border=0, omitsize=True, title=f"QR code of {link}")
    named = f"<p>{escape(label)}</p>" if label else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(code)}</title><style>{CSS}</style>'
        f"</head><body><main>{qr}<div><h1>{escape(code)}</h1>{named}<p>{escape(link)}</p></div></main>"
        "<footer>Print at 100 % on a label of 74 by 34 mm. The sticker leads to the device's page and holds no key."
        "</footer></body></html>"
    )
