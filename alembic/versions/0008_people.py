"""What people are told, and what is kept of what they did: notifications, announcements, looking as another person,
and an audit log whose entries are chained by hashes.

A person's messages are read along `ix_notifications_user_id_created_at`, the unread ones counted along
`ix_notifications_unread`; mails that are due are found along `ix_notifications_mail_due`. The audit log is read along
`ix_audit_log_org_id_created_at`, by person along `ix_audit_log_person`, by kind of act along `ix_audit_log_action`;
the acts of one request are found along `ix_audit_log_request`, the end of a chain along `uq_audit_seals_number`.

Entries are sealed by a deferred trigger, at the commit: until then nobody waits for the chain, and afterwards the
transaction takes no other lock, so that acts on the same rows in another order cannot lock each other out.

Revision: 0008
Revises: 0007
"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"

SYSTEM = "(SELECT cti_role()) = 'system'"
ORG = "org_id = (SELECT cti_org())"
ADMIN = "(SELECT cti_role()) IN ('admin', 'system')"
PLATFORM = "(SELECT cti_platform())"
MINE = "user_id = (SELECT cti_user())"
TYPES = (
    "type IN ('session_graded', 'results_accepted', 'second_reading', 'device_silent', 'access_request',"
    " 'export_ready', 'model_changed', 'mentioned')"
)

NOTIFICATIONS = f"""
ALTER TABLE notifications
  ADD COLUMN farm_id uuid,
  ADD COLUMN group_key text,
  ADD COLUMN once_key text,
  ADD COLUMN in_app boolean NOT NULL DEFAULT true,
  ADD COLUMN read_at timestamptz,
  ADD COLUMN mail text NOT NULL DEFAULT 'none',
  ADD COLUMN mail_due_at timestamptz,
  ADD COLUMN mail_lease_by text,
  ADD COLUMN mail_attempts integer NOT NULL DEFAULT 0,
  ADD COLUMN mail_error text;
UPDATE notifications SET read_at = created_at WHERE is_read;
ALTER TABLE notifications
  DROP COLUMN is_read,
  ADD CONSTRAINT ck_notifications_type CHECK ({TYPES}),
  ADD CONSTRAINT ck_notifications_mail CHECK (mail IN ('none', 'immediate', 'digest', 'sent', 'failed')),
  ADD CONSTRAINT uq_notifications_org_id_user_id_once_key UNIQUE (org_id, user_id, once_key),
  ADD CONSTRAINT fk_notifications_org_id_farm_id_farms FOREIGN KEY (org_id, farm_id)
    REFERENCES farms (org_id, id) ON DELETE CASCADE;
CREATE INDEX ix_notifications_once_key ON notifications (org_id, once_key) WHERE once_key IS NOT NULL;
CREATE INDEX ix_notifications_unread ON notifications (org_id, user_id) WHERE read_at IS NULL AND in_app;
CREATE INDEX ix_notifications_mail_due ON notifications (mail_due_at) WHERE mail_due_at IS NOT NULL;
"""
NOTIFICATIONS_BEFORE = """
DROP INDEX ix_notifications_mail_due;
DROP INDEX ix_notifications_unread;
DROP INDEX ix_notifications_once_key;
ALTER TABLE notifications ADD COLUMN is_read boolean NOT NULL DEFAULT false;
UPDATE notifications SET is_read = read_at IS NOT NULL;
ALTER TABLE notifications
  DROP CONSTRAINT fk_notifications_org_id_farm_id_farms,
  DROP CONSTRAINT uq_notifications_org_id_user_id_once_key,
  DROP CONSTRAINT ck_notifications_mail,
  DROP CONSTRAINT ck_notifications_type,
  DROP COLUMN farm_id, DROP COLUMN group_key, DROP COLUMN once_key, DROP COLUMN in_app, DROP COLUMN read_at,
  DROP COLUMN mail, DROP COLUMN mail_due_at, DROP COLUMN mail_lease_by, DROP COLUMN mail_attempts,
  DROP COLUMN mail_error;
"""
CHOICES_WALL = f"""
ALTER TABLE notification_choices ENABLE ROW LEVEL SECURITY;
CREATE POLICY notification_choices_wall ON notification_choices
  USING ({SYSTEM} OR {MINE}) WITH CHECK ({SYSTEM} OR {MINE});
GRANT SELECT, INSERT, UPDATE, DELETE ON notification_choices TO cti_app;
"""

# What a mail's link and the worker do in every organisation at once.
DOORS = {
    "stop_mails(uuid, text[])": """
CREATE FUNCTION stop_mails(person uuid, kinds text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE notifications SET mail = 'none', mail_due_at = NULL
  WHERE user_id = person AND type = ANY (kinds) AND mail_due_at IS NOT NULL
$$;
""",
    "due_mails(integer)": """
CREATE FUNCTION due_mails(most integer) RETURNS TABLE (org_id uuid, user_id uuid, mail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT n.org_id, n.user_id, n.mail FROM notifications n WHERE n.mail_due_at <= now()
  GROUP BY n.org_id, n.user_id, n.mail ORDER BY min(n.mail_due_at) LIMIT most
$$;
""",
    # What the sign-in page says, to anybody: of the organisation that strangers ask to be let into.
    "announced_to_all()": """
CREATE FUNCTION announced_to_all() RETURNS TABLE (subject text, body text, starts_at timestamptz, pinned boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.subject, a.body, a.starts_at, a.pinned FROM announcements a JOIN organizations o ON o.id = a.org_id
  WHERE o.is_default AND a.on_sign_in AND a.starts_at <= now() AND (a.ends_at IS NULL OR a.ends_at > now())
  ORDER BY a.pinned DESC, a.starts_at DESC LIMIT 5
$$;
""",
    # Days of a farm on which everything that arrived is graded and nothing more has come for a while. A day told of is
    # not there again. Walks ix_scans_list_created of each organisation.
    "graded_sessions(interval, interval)": """
CREATE FUNCTION graded_sessions(quiet interval, within interval)
RETURNS TABLE (org_id uuid, farm_id uuid, captured_on date, scans bigint, ungraded bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.id, days.farm_id, days.captured_on, days.scans, days.ungraded
  FROM organizations o CROSS JOIN LATERAL (
    SELECT s.farm_id, (s.captured_at AT TIME ZONE f.time_zone)::date AS captured_on, count(*) AS scans,
           count(*) FILTER (WHERE s.rea_cm2 IS NULL AND s.backfat_mm IS NULL) AS ungraded
    FROM scans s JOIN farms f ON f.id = s.farm_id
    WHERE s.org_id = o.id AND s.created_at > now() - within
    GROUP BY 1, 2
    HAVING max(s.created_at) < now() - quiet AND bool_and(s.status IN ('graded', 'error'))
  ) days
  WHERE NOT EXISTS (
    SELECT 1 FROM notifications n WHERE n.org_id = o.id
      AND n.once_key = 'session_graded:' || days.farm_id || ':' || days.captured_on
  )
$$;
""",
    "forget_notifications(timestamptz, timestamptz)": """
CREATE FUNCTION forget_notifications(read_before timestamptz, before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM notifications WHERE mail_due_at IS NULL AND (read_at < read_before OR created_at < before) RETURNING 1
  ) SELECT count(*) FROM gone
$$;
""",
}

CONTENT = """jsonb_build_array(e.id, e.org_id, e.user_id, e.action, e.object_type, e.object_id, e.before, e.after,
    e.request_id, e.ip, e.session_id, (extract(epoch FROM e.created_at) * 1000000)::bigint)::text"""
READS_AUDIT = f"""(({ORG} AND {ADMIN}) OR (org_id IS NULL AND ({SYSTEM} OR {PLATFORM})))"""
CHAIN = f"""
ALTER TABLE audit_log ADD COLUMN session_id uuid;
CREATE INDEX ix_audit_log_person ON audit_log (org_id, user_id, created_at, id);
CREATE INDEX ix_audit_log_action ON audit_log (org_id, action text_pattern_ops, created_at, id);
CREATE INDEX ix_audit_log_request ON audit_log (org_id, request_id, action, id);

INSERT INTO audit_seals (id, org_id, number, sha256)
WITH RECURSIVE entries AS (
  SELECT e.id, e.org_id, row_number() OVER (PARTITION BY e.org_id ORDER BY e.id) AS number, {CONTENT} AS content
  FROM audit_log e
), chain AS (
  SELECT id, org_id, number, encode(sha256(convert_to(content, 'UTF8')), 'hex') AS sha256 FROM entries WHERE number = 1
  UNION ALL
  SELECT n.id, n.org_id, n.number, encode(sha256(convert_to(c.sha256 || n.content, 'UTF8')), 'hex')
  FROM chain c JOIN entries n ON n.org_id IS NOT DISTINCT FROM c.org_id AND n.number = c.number + 1
) SELECT id, org_id, number, sha256 FROM chain;

CREATE FUNCTION seal_audit_entry() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  e audit_log := NEW;
  last_number bigint;
  last_sha256 text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('audit chain ' || coalesce(e.org_id::text, ''), 0));
  IF e.org_id IS NULL THEN
    SELECT s.number, s.sha256 INTO last_number, last_sha256
      FROM audit_seals s WHERE s.org_id IS NULL ORDER BY s.number DESC LIMIT 1;
  ELSE
    SELECT s.number, s.sha256 INTO last_number, last_sha256
      FROM audit_seals s WHERE s.org_id = e.org_id ORDER BY s.number DESC LIMIT 1;
  END IF;
  INSERT INTO audit_seals (id, org_id, number, sha256) VALUES (
    e.id, e.org_id, coalesce(last_number, 0) + 1,
    encode(sha256(convert_to(coalesce(last_sha256, '') || {CONTENT}, 'UTF8')), 'hex')
  );
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION seal_audit_entry() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER audit_log_sealed AFTER INSERT ON audit_log
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION seal_audit_entry();

ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_seals_wall ON audit_seals FOR SELECT USING {READS_AUDIT};
ALTER TABLE audit_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_checks_read ON audit_checks FOR SELECT USING {READS_AUDIT};
CREATE POLICY audit_checks_add ON audit_checks FOR INSERT WITH CHECK ({SYSTEM} AND (org_id IS NULL OR {ORG}));
GRANT SELECT ON audit_seals TO cti_app;
GRANT SELECT, INSERT ON audit_checks TO cti_app;
"""
CHAIN_BEFORE = """
DROP TRIGGER audit_log_sealed ON audit_log;
DROP FUNCTION seal_audit_entry();
DROP INDEX ix_audit_log_request;
DROP INDEX ix_audit_log_action;
DROP INDEX ix_audit_log_person;
ALTER TABLE audit_log DROP COLUMN session_id;
"""
ANNOUNCEMENTS_WALL = f"""
ALTER TABLE announcements ENABLE ROW LEVEL SECURITY;
CREATE POLICY announcements_wall ON announcements USING ({ORG}) WITH CHECK ({ORG} AND {ADMIN});
CREATE POLICY announcements_add ON announcements AS RESTRICTIVE FOR INSERT WITH CHECK ({ADMIN});
CREATE POLICY announcements_change ON announcements AS RESTRICTIVE FOR UPDATE USING ({ADMIN});
CREATE POLICY announcements_delete ON announcements AS RESTRICTIVE FOR DELETE USING ({ADMIN});
GRANT SELECT, INSERT, UPDATE, DELETE ON announcements TO cti_app;
"""
VIEWING = """
ALTER TABLE user_sessions
  ADD COLUMN viewing_id uuid,
  ADD COLUMN viewing_until timestamptz,
  ADD CONSTRAINT fk_user_sessions_viewing_id_users FOREIGN KEY (viewing_id) REFERENCES users (id) ON DELETE SET NULL;
"""
VIEWING_BEFORE = "ALTER TABLE user_sessions DROP COLUMN viewing_id, DROP COLUMN viewing_until"


def upgrade() -> None:
    _make_tables()
    op.execute(VIEWING)
    op.execute(CHAIN)
    op.execute(ANNOUNCEMENTS_WALL)
    op.execute(NOTIFICATIONS)
    op.create_table(
        "notification_choices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("in_app", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.CheckConstraint(TYPES, name=op.f("ck_notification_choices_type")),
        sa.CheckConstraint("mail IN ('immediate', 'digest', 'off')", name=op.f("ck_notification_choices_mail")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_choices_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_choices")),
        sa.UniqueConstraint("user_id", "type", name=op.f("uq_notification_choices_user_id_type")),
    )
    op.execute(CHOICES_WALL)
    for signature, body in DOORS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO cti_app")


def _make_tables() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_audit_seals_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seals")),
    )
    op.create_index(
        "uq_audit_seals_number", "audit_seals", ["org_id", "number"], unique=True, postgresql_nulls_not_distinct=True
    )
    op.create_table(
        "audit_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_audit_checks_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checks")),
    )
    op.create_index("ix_audit_checks_org_id_created_at", "audit_checks", ["org_id", "created_at"])
    op.create_table(
        "announcements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("on_sign_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_announcements_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_announcements_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index("ix_announcements_org_id_starts_at", "announcements", ["org_id", "starts_at"])


def downgrade() -> None:
    for signature in DOORS:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute(CHAIN_BEFORE)
    op.execute(VIEWING_BEFORE)
    for table in ("announcements", "audit_checks", "audit_seals"):
        op.drop_table(table)
    op.drop_table("notification_choices")
    op.execute(NOTIFICATIONS_BEFORE)
