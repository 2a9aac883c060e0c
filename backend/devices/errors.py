"""What can go wrong with devices and their keys."""

from backend.core.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class DeviceNotFound(NotFound):
    code, title = "device_not_found", "There is no such device"


class DeviceCodeTaken(Conflict):
    code, title = "device_code_taken", "This device code is already in use"


class DeviceDisabled(Forbidden):
    code, title = "device_disabled", "The device is disabled"


class UnknownDeviceKey(Unauthenticated):
    code, title = "unknown_device_key", "The device key is not valid"


class ActivationNotFound(NotFound):
    code, title = "activation_not_found", "There is no such activation code"


class ActivationEnded(Conflict):
    code, title = "activation_ended", "The activation code is no longer good"


class NoSlotLeft(Conflict):
    code, title = "no_slot_left", "The activation code is used up"


class NoHome(Unavailable):
    code, title = "no_organisation", "No organisation can take in a new device yet"

    def __init__(self) -> None:
        super().__init__("Make the first user of the platform, then send again.", retry_after_s=60)
