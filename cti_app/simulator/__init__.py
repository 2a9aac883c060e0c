"""A simulated fleet: devices that post captures through the real routes, with the faults real ones have.

For demos, tests and load. `Fleet` runs `CaptureMaker`s over a channel: the upload route or bucket and webhook.
"""

from cti_app.simulator.captures import Capture, CaptureMaker, NoFrames, Place, frames_in
from cti_app.simulator.channels import Answer, Channel, UploadChannel, WebhookChannel
from cti_app.simulator.faults import FAULTS
from cti_app.simulator.fleet import Fleet, Mishaps, Pace, Sent

__all__ = [
    "FAULTS",
    "Answer",
    "Capture",
    "CaptureMaker",
    "Channel",
    "Fleet",
    "Mishaps",
    "NoFrames",
    "Pace",
    "Place",
    "Sent",
    "UploadChannel",
    "WebhookChannel",
    "frames_in",
]
