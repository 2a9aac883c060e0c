"""One thing of every kind that a route, a page's event or a query may name, for an organisation of a test.

The rows are made out of the catalogue (`tests.support.catalogue`); what routes call them stands in NAMED.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from tests.support.catalogue import fill, insert, read_catalogue, row_for
from tests.support.people import Person, Tenant

NAMED = {
    "animal_id": "animals",
    "announcement_id": "announcements",
    "activation_id": "device_activations",
    "batch_id": "grading_batches",
    "device_id": "devices",
    "entry_id": "quarantine",
    "farm_id": "farms",
    "invitation_id": "one_time_tokens",
    "geofence_id": "farm_geofences",
    "group_id": "groups",
    "import_id": "imports",
    "line_id": "session_entries",
    "merge_id": "animal_merges",
    "key_id": "device_keys",
    "move_id": "animal_moves",
    "operator_id": "users",
    "person_id": "users",
    "reading_id": "scan_readings",
    "request_id": "access_requests",
    "result_id": "grading_results",
    "scan_id": "scans",
    "scan_session_id": "scan_sessions",
    "session_id": "user_sessions",
    "task_id": "background_tasks",
    "token_id": "api_tokens",
    "user_id": "users",
    "view_id": "saved_views",
    "weight_id": "animal_weights",
}
"""What routes and events call an identifier, and the table it is a key of."""


def belongings(superuser: psycopg.Connection, tenant: Tenant, person: Person) -> dict[str, Any]:
    """A fresh row of the organisation in every table, made in the person's name; the id by table.

    The request for access alone is of somebody who is not in yet.
    """
    known = {
        "organizations": tenant.org_id,
        "farms": tenant.farm_ids[0],
        "users": person.id,
        "memberships": _one(superuser, "SELECT id FROM memberships WHERE user_id = %s", person.id),
        "membership_farms": _one(superuser, "SELECT id FROM membership_farms WHERE org_id = %s", tenant.org_id),
    }
    superuser.execute("DELETE FROM notification_choices WHERE user_id = %s", (person.id,))  # one a kind and person
    tables = read_catalogue(superuser)
    superuser.execute("DELETE FROM notification_choices WHERE user_id = %s", (person.id,))  # one of each kind a person
    rows = fill(superuser, tables, tenant.org_id, known)
    asks = row_for(tables["users"], None, {}) | {"status": "pending"}
    insert(superuser, tables["users"], asks)
    superuser.execute(
        "UPDATE background_tasks SET file_key = 'exports/2026/11/one.csv', file_name = 'one.csv',"
        " file_expires_at = now() + interval '1 hour' WHERE id = %s",
        (rows["background_tasks"],),
    )
    superuser.execute("UPDATE one_time_tokens SET purpose = 'invite' WHERE id = %s", (rows["one_time_tokens"],))
    superuser.execute("UPDATE access_requests SET user_id = %s WHERE id = %s", (asks["id"], rows["access_requests"]))
    return rows


def by_name(rows: Mapping[str, Any]) -> dict[str, str]:
    """The same as routes call them."""
    return {name: str(rows[table]) for name, table in NAMED.items()}


def _one(superuser: psycopg.Connection, query: str, value: object) -> Any:
    row = superuser.execute(query, (value,)).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]
