"""Who hears of which event. Nobody hears of a topic that no rule names, but the organisation's admins.

The same scope as for rows decides: events carry no more than identifiers, yet even those say that something exists.
"""

from collections.abc import Callable, Mapping

from backend.core.actor import Actor
from backend.core.events import Event

Rule = Callable[[Actor, Event], bool]


def hears(actor: Actor, event: Event) -> bool:
    """Tell whether an event concerns the actor: their organisation, role, farms, and what is addressed to them."""
    if event.org_id != actor.org_id:
        return False
    if event.user_id is not None:
        return event.user_id == actor.user_id
    if actor.role == "admin":
        return True
    rule = RULES.get(event.topic.partition(".")[0])
    return rule is not None and rule(actor, event)


def _scan(actor: Actor, event: Event) -> bool:
    """Technicians: their farms, and what they operated. Farmers: what is accepted, and what no longer is."""
    if actor.role == "technician":
        return actor.may_see_farm(event.farm_id) or event.operator_id == actor.user_id
    accepted = "accepted" in (event.data.get("review"), event.data.get("review_before"))
    return accepted and actor.may_see_farm(event.farm_id)


def _device(actor: Actor, event: Event) -> bool:
    return event.topic == "device.seen" and actor.role == "technician" and actor.may_see_farm(event.farm_id)


def _farm(actor: Actor, event: Event) -> bool:
    return actor.may_see_farm(event.farm_id)


RULES: Mapping[str, Rule] = {"scan": _scan, "device": _device, "farm": _farm, "group": _farm, "animal": _farm}
"""By the first word of the topic."""
