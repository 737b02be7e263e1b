"""The first tables.

Revision: 0001, after none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "audit_checkpoints",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_entries",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_command"), ["command"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_subject"), ["subject"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signing_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_digest", sa.String(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("oidc_subject", sa.String(), nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_people_oidc_subject")),
        sa.UniqueConstraint("username", name=op.f("uq_people_username")),
    )
    op.create_table(
        "repeated_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("vault_key_id", sa.String(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeated_requests")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_repeated_requests_person_id_key")),
    )
    with op.batch_alter_table("repeated_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repeated_requests_created_at"), ["created_at"], unique=False)

    op.create_table(
        "retention_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
    )
    op.create_table(
        "server_leases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_leases")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sign_in_attempts")),
    )
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempts_client_at", ["client", "at"], unique=False)

    op.create_table(
        "vault_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["vault_keys.id"], name=op.f("fk_vault_keys_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_keys")),
    )
    with op.batch_alter_table("vault_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vault_keys_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "vault_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_mark")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_api_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_tokens_token_digest")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_tokens_person_id"), ["person_id"], unique=False)

    op.create_table(
        "certificates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["issued_by"], ["people.id"], name=op.f("fk_certificates_issued_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["people.id"], name=op.f("fk_certificates_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificates_pack"), ["pack"], unique=False)

    op.create_table(
        "collections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("alike_threshold", sa.Double(), nullable=False),
        sa.Column("next_pack", sa.String(), nullable=True),
        sa.Column("next_pack_version", sa.String(), nullable=True),
        sa.Column("next_dimension", sa.Integer(), nullable=True),
        sa.Column("next_alike_threshold", sa.Double(), nullable=True),
        sa.Column("review_days", sa.Integer(), nullable=False),
        sa.Column("numbered", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("compared_to", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_collections_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("name", name=op.f("uq_collections_name")),
    )
    with op.batch_alter_table("collections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collections_key_id"), ["key_id"], unique=False)

    op.create_table(
        "deployments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planner_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("sealed_feeds", sa.LargeBinary(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certification", sa.JSON(), nullable=True),
        sa.Column("costs", sa.JSON(), nullable=True),
        sa.Column("seed_passes", sa.Integer(), nullable=True),
        sa.Column("personal_data_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_deployments_key_id")),
        sa.ForeignKeyConstraint(["planner_id"], ["people.id"], name=op.f("fk_deployments_planner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    with op.batch_alter_table("deployments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deployments_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deployments_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_deployments_window_end"), ["window_end"], unique=False)

    op.create_table(
        "searches",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offence", sa.String(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_face", sa.LargeBinary(), nullable=True),
        sa.Column("probe_mac", sa.LargeBinary(), nullable=True),
        sa.Column("probe_kind", sa.String(), nullable=False),
        sa.Column("face", sa.JSON(), nullable=False),
        sa.Column("faces_in_probe", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("aim", sa.Double(), nullable=False),
        sa.Column("chance", sa.JSON(), nullable=False),
        sa.Column("most_candidates", sa.Integer(), nullable=False),
        sa.Column("examinations_needed", sa.Integer(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("searched_by", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("personal_data_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_searches_key_id")),
        sa.ForeignKeyConstraint(["searched_by"], ["people.id"], name=op.f("fk_searches_searched_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
    )
    with op.batch_alter_table("searches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_searches_collection_id"), ["collection_id"], unique=False)
        batch_op.create_index(
            "ix_searches_collection_id_probe_mac", ["collection_id", "probe_mac"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_searches_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_searches_searched_at"), ["searched_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_searches_searched_by"), ["searched_by"], unique=False)
        batch_op.create_index("ix_searches_state_searched_at", ["state", "searched_at"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sessions_token_digest")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "watchlists",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("look_alike_threshold", sa.Double(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_watchlists_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlists")),
    )
    with op.batch_alter_table("watchlists", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watchlists_key_id"), ["key_id"], unique=False)

    op.create_table(
        "authorisations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed_statement", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("review_upheld", sa.Boolean(), nullable=True),
        sa.Column("sealed_review", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_authorisations_deployment_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_authorisations_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisations")),
    )
    with op.batch_alter_table("authorisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_authorisations_deployment_id"), ["deployment_id"], unique=False)

    op.create_table(
        "collection_records",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("reference_mac", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_records_collection_id")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_collection_records_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_records")),
        sa.UniqueConstraint(
            "collection_id", "reference_mac", name=op.f("uq_collection_records_collection_id_reference_mac")
        ),
    )
    with op.batch_alter_table("collection_records", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_collection_records_collection_id"), ["collection_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_collection_records_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_collection_records_review_by"), ["review_by"], unique=False)

    op.create_table(
        "collection_removals",
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_removals_collection_id")
        ),
        sa.PrimaryKeyConstraint("collection_id", "number", name=op.f("pk_collection_removals")),
    )
    with op.batch_alter_table("collection_removals", schema=None) as batch_op:
        batch_op.create_index(
            "ix_collection_removals_collection_id_revision", ["collection_id", "revision"], unique=False
        )

    op.create_table(
        "deployment_moves",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("move", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=False),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_deployment_moves_deployment_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_deployment_moves")),
    )
    with op.batch_alter_table("deployment_moves", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deployment_moves_deployment_id"), ["deployment_id"], unique=False
        )

    op.create_table(
        "duties",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("sealed_call_sign", sa.LargeBinary(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_duties_deployment_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_duties_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
    )
    with op.batch_alter_table("duties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duties_deployment_id"), ["deployment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_duties_officer_id"), ["officer_id"], unique=False)
        batch_op.create_index(
            "uq_duties_open",
            ["officer_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "engine_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.Column("in_order", sa.Boolean(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("seals", sa.JSON(), nullable=False),
        sa.Column("telemetry", sa.JSON(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("alerts_received", sa.Integer(), nullable=False),
        sa.Column("alerts_not_current", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_engine_runs_deployment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_runs")),
        sa.UniqueConstraint("deployment_id", "number", name=op.f("uq_engine_runs_deployment_id_number")),
    )
    with op.batch_alter_table("engine_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_engine_runs_deployment_id"), ["deployment_id"], unique=False)

    op.create_table(
        "frozen_entries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("entry_digest", sa.LargeBinary(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("seed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_frozen_entries_deployment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_entries")),
        sa.UniqueConstraint(
            "deployment_id", "entry_id", name=op.f("uq_frozen_entries_deployment_id_entry_id")
        ),
    )
    with op.batch_alter_table("frozen_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_frozen_entries_deployment_id"), ["deployment_id"], unique=False)

    op.create_table(
        "import_jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("watchlist_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("sealed_report", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name=op.f("fk_import_jobs_watchlist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
    )
    with op.batch_alter_table("import_jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_jobs_watchlist_id"), ["watchlist_id"], unique=False)

    op.create_table(
        "ingestions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("source_mac", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_source", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("workers_replaced", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_ingestions_collection_id")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_ingestions_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingestions")),
    )
    with op.batch_alter_table("ingestions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ingestions_collection_id"), ["collection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ingestions_key_id"), ["key_id"], unique=False)

    op.create_table(
        "live_events",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_live_events_deployment_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_live_events")),
    )
    with op.batch_alter_table("live_events", schema=None) as batch_op:
        batch_op.create_index("ix_live_events_deployment_id_seq", ["deployment_id", "seq"], unique=False)

    op.create_table(
        "published_records",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployments.id"], name=op.f("fk_published_records_deployment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_records")),
        sa.UniqueConstraint(
            "deployment_id", "version", name=op.f("uq_published_records_deployment_id_version")
        ),
    )
    with op.batch_alter_table("published_records", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_published_records_deployment_id"), ["deployment_id"], unique=False
        )

    op.create_table(
        "search_candidates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("search_id", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("image_id", sa.String(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("chance", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_search_candidates_search_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_candidates")),
        sa.UniqueConstraint("search_id", "rank", name=op.f("uq_search_candidates_search_id_rank")),
    )
    with op.batch_alter_table("search_candidates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_candidates_record_id"), ["record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_search_candidates_search_id"), ["search_id"], unique=False)

    op.create_table(
        "search_outcomes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("search_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["search_outcomes.id"], name=op.f("fk_search_outcomes_corrects_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_search_outcomes_person_id")),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_search_outcomes_search_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_outcomes")),
    )
    with op.batch_alter_table("search_outcomes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_outcomes_search_id"), ["search_id"], unique=False)

    op.create_table(
        "search_reviews",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("search_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("settled", sa.JSON(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_search_reviews_person_id")),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_search_reviews_search_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_reviews")),
        sa.UniqueConstraint("search_id", name=op.f("uq_search_reviews_search_id")),
    )
    op.create_table(
        "watchlist_entries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("watchlist_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("reference_mac", sa.LargeBinary(), nullable=False),
        sa.Column("subject_mac", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("seed", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_watchlist_entries_key_id")),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name=op.f("fk_watchlist_entries_watchlist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist_entries")),
        sa.UniqueConstraint(
            "watchlist_id", "reference_mac", name=op.f("uq_watchlist_entries_watchlist_id_reference_mac")
        ),
    )
    with op.batch_alter_table("watchlist_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watchlist_entries_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_watchlist_entries_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_watchlist_entries_watchlist_id"), ["watchlist_id"], unique=False)
        batch_op.create_index(
            "ix_watchlist_entries_watchlist_id_added_at_id", ["watchlist_id", "added_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_watchlist_entries_watchlist_id_status", ["watchlist_id", "status"], unique=False
        )
        batch_op.create_index(
            "ix_watchlist_entries_watchlist_id_subject_mac", ["watchlist_id", "subject_mac"], unique=False
        )

    op.create_table(
        "alerts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deployment_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("passage", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("observations", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("covering", sa.String(), nullable=True),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("sealed_crop", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("seed", sa.Boolean(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_to_alert_ms", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("alert_class", sa.String(), nullable=True),
        sa.Column("personal_data_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_alerts_deployment_id")),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_alerts_key_id")),
        sa.ForeignKeyConstraint(["run_id"], ["engine_runs.id"], name=op.f("fk_alerts_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint(
            "run_id", "feed", "passage", "entry_id", name=op.f("uq_alerts_run_id_feed_passage_entry_id")
        ),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alerts_deployment_id_received_at", ["deployment_id", "received_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_alerts_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_key_id"), ["key_id"], unique=False)

    op.create_table(
        "candidate_showings",
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["search_candidates.id"], name=op.f("fk_candidate_showings_candidate_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_candidate_showings_person_id")),
        sa.PrimaryKeyConstraint("candidate_id", "person_id", name=op.f("pk_candidate_showings")),
    )
    op.create_table(
        "collection_images",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source_mac", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_picture", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_source", sa.LargeBinary(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("landmarks", sa.JSON(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_images_collection_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["collection_records.id"], name=op.f("fk_collection_images_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_images")),
        sa.UniqueConstraint(
            "collection_id", "number", name=op.f("uq_collection_images_collection_id_number")
        ),
        sa.UniqueConstraint(
            "record_id", "source_mac", name=op.f("uq_collection_images_record_id_source_mac")
        ),
    )
    with op.batch_alter_table("collection_images", schema=None) as batch_op:
        batch_op.create_index(
            "ix_collection_images_collection_id_source_mac", ["collection_id", "source_mac"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_collection_images_record_id"), ["record_id"], unique=False)

    op.create_table(
        "ingestion_rows",
        sa.Column("ingestion_id", sa.String(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("reference_mac", sa.LargeBinary(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ingestion_id"], ["ingestions.id"], name=op.f("fk_ingestion_rows_ingestion_id")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["vault_keys.id"], name=op.f("fk_ingestion_rows_key_id")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["collection_records.id"], name=op.f("fk_ingestion_rows_record_id")
        ),
        sa.PrimaryKeyConstraint("ingestion_id", "row_mac", name=op.f("pk_ingestion_rows")),
    )
    with op.batch_alter_table("ingestion_rows", schema=None) as batch_op:
        batch_op.create_index("ix_ingestion_rows_ingestion_id_place", ["ingestion_id", "place"], unique=False)
        batch_op.create_index(batch_op.f("ix_ingestion_rows_key_id"), ["key_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ingestion_rows_record_id"), ["record_id"], unique=False)
        batch_op.create_index("ix_ingestion_rows_reference_mac", ["reference_mac"], unique=False)

    op.create_table(
        "look_alike_pairs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("watchlist_id", sa.String(), nullable=False),
        sa.Column("first_id", sa.String(), nullable=False),
        sa.Column("second_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_id"], ["watchlist_entries.id"], name=op.f("fk_look_alike_pairs_first_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["watchlist_entries.id"], name=op.f("fk_look_alike_pairs_second_id")
        ),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name=op.f("fk_look_alike_pairs_watchlist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_alike_pairs")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_look_alike_pairs_first_id_second_id")),
    )
    with op.batch_alter_table("look_alike_pairs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_alike_pairs_first_id"), ["first_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_look_alike_pairs_second_id"), ["second_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_look_alike_pairs_watchlist_id"), ["watchlist_id"], unique=False)

    op.create_table(
        "reference_images",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("source_mac", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_picture", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_template", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_covered", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_source", sa.LargeBinary(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["watchlist_entries.id"], name=op.f("fk_reference_images_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_images")),
        sa.UniqueConstraint("entry_id", "source_mac", name=op.f("uq_reference_images_entry_id_source_mac")),
    )
    with op.batch_alter_table("reference_images", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reference_images_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "run_faults",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["engine_runs.id"], name=op.f("fk_run_faults_run_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_run_faults")),
    )
    with op.batch_alter_table("run_faults", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_faults_run_id"), ["run_id"], unique=False)

    op.create_table(
        "search_examinations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("search_id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("support", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("seconds_taken", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["search_candidates.id"], name=op.f("fk_search_examinations_candidate_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_search_examinations_person_id")),
        sa.ForeignKeyConstraint(
            ["search_id"], ["searches.id"], name=op.f("fk_search_examinations_search_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_examinations")),
        sa.UniqueConstraint(
            "candidate_id", "person_id", name=op.f("uq_search_examinations_candidate_id_person_id")
        ),
        sa.UniqueConstraint("candidate_id", "place", name=op.f("uq_search_examinations_candidate_id_place")),
    )
    with op.batch_alter_table("search_examinations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_examinations_search_id"), ["search_id"], unique=False)

    op.create_table(
        "adjudications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("seconds_taken", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", sa.String(), nullable=True),
        sa.Column("correction_code", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_adjudications_alert_id")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["adjudications.id"], name=op.f("fk_adjudications_corrects_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_adjudications_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudications")),
    )
    with op.batch_alter_table("adjudications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adjudications_alert_id"), ["alert_id"], unique=False)

    op.create_table(
        "alert_routings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("routed_by", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_routings_alert_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_alert_routings_decided_by")),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_alert_routings_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_routings")),
        sa.UniqueConstraint("alert_id", "officer_id", name=op.f("uq_alert_routings_alert_id_officer_id")),
    )
    with op.batch_alter_table("alert_routings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_routings_officer_id"), ["officer_id"], unique=False)

    op.create_table(
        "alert_showings",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_showings_alert_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_alert_showings_person_id")),
        sa.PrimaryKeyConstraint("alert_id", "person_id", name=op.f("pk_alert_showings")),
    )
    op.create_table(
        "collection_pairs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_record_id", sa.String(), nullable=False),
        sa.Column("second_record_id", sa.String(), nullable=False),
        sa.Column("first_image_id", sa.String(), nullable=False),
        sa.Column("second_image_id", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("stranger_rate", sa.Double(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_pairs_collection_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_image_id"], ["collection_images.id"], name=op.f("fk_collection_pairs_first_image_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_record_id"], ["collection_records.id"], name=op.f("fk_collection_pairs_first_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_image_id"], ["collection_images.id"], name=op.f("fk_collection_pairs_second_image_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_record_id"], ["collection_records.id"], name=op.f("fk_collection_pairs_second_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_pairs")),
        sa.UniqueConstraint(
            "first_image_id",
            "second_image_id",
            name=op.f("uq_collection_pairs_first_image_id_second_image_id"),
        ),
    )
    with op.batch_alter_table("collection_pairs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_collection_pairs_collection_id"), ["collection_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_collection_pairs_first_image_id"), ["first_image_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_collection_pairs_first_record_id"), ["first_record_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_collection_pairs_second_image_id"), ["second_image_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_collection_pairs_second_record_id"), ["second_record_id"], unique=False
        )

    op.create_table(
        "collection_templates",
        sa.Column("collection_id", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("refusals", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_templates_collection_id")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["collection_images.id"], name=op.f("fk_collection_templates_image_id")
        ),
        sa.PrimaryKeyConstraint(
            "collection_id", "pack", "pack_version", "number", name=op.f("pk_collection_templates")
        ),
    )
    with op.batch_alter_table("collection_templates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collection_templates_image_id"), ["image_id"], unique=False)
        batch_op.create_index(
            "ix_collection_templates_made", ["collection_id", "pack", "pack_version", "made"], unique=False
        )

    op.create_table(
        "engagements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("officer_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("self_defined_group", sa.String(), nullable=True),
        sa.Column("officer_defined_group", sa.String(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", sa.String(), nullable=True),
        sa.Column("correction_code", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_engagements_alert_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["engagements.id"], name=op.f("fk_engagements_corrects_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["people.id"], name=op.f("fk_engagements_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
    )
    with op.batch_alter_table("engagements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_engagements_alert_id"), ["alert_id"], unique=False)

    op.create_table(
        "outcomes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", sa.String(), nullable=True),
        sa.Column("correction_code", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_outcomes_alert_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["outcomes.id"], name=op.f("fk_outcomes_corrects_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outcomes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
    )
    with op.batch_alter_table("outcomes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcomes_alert_id"), ["alert_id"], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("outcomes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outcomes_alert_id"))

    op.drop_table("outcomes")
    with op.batch_alter_table("engagements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagements_alert_id"))

    op.drop_table("engagements")
    with op.batch_alter_table("collection_templates", schema=None) as batch_op:
        batch_op.drop_index("ix_collection_templates_made")
        batch_op.drop_index(batch_op.f("ix_collection_templates_image_id"))

    op.drop_table("collection_templates")
    with op.batch_alter_table("collection_pairs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collection_pairs_second_record_id"))
        batch_op.drop_index(batch_op.f("ix_collection_pairs_second_image_id"))
        batch_op.drop_index(batch_op.f("ix_collection_pairs_first_record_id"))
        batch_op.drop_index(batch_op.f("ix_collection_pairs_first_image_id"))
        batch_op.drop_index(batch_op.f("ix_collection_pairs_collection_id"))

    op.drop_table("collection_pairs")
    op.drop_table("alert_showings")
    with op.batch_alter_table("alert_routings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_routings_officer_id"))

    op.drop_table("alert_routings")
    with op.batch_alter_table("adjudications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adjudications_alert_id"))

    op.drop_table("adjudications")
    with op.batch_alter_table("search_examinations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_examinations_search_id"))

    op.drop_table("search_examinations")
    with op.batch_alter_table("run_faults", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_faults_run_id"))

    op.drop_table("run_faults")
    with op.batch_alter_table("reference_images", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reference_images_entry_id"))

    op.drop_table("reference_images")
    with op.batch_alter_table("look_alike_pairs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_look_alike_pairs_watchlist_id"))
        batch_op.drop_index(batch_op.f("ix_look_alike_pairs_second_id"))
        batch_op.drop_index(batch_op.f("ix_look_alike_pairs_first_id"))

    op.drop_table("look_alike_pairs")
    with op.batch_alter_table("ingestion_rows", schema=None) as batch_op:
        batch_op.drop_index("ix_ingestion_rows_reference_mac")
        batch_op.drop_index(batch_op.f("ix_ingestion_rows_record_id"))
        batch_op.drop_index(batch_op.f("ix_ingestion_rows_key_id"))
        batch_op.drop_index("ix_ingestion_rows_ingestion_id_place")

    op.drop_table("ingestion_rows")
    with op.batch_alter_table("collection_images", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collection_images_record_id"))
        batch_op.drop_index("ix_collection_images_collection_id_source_mac")

    op.drop_table("collection_images")
    op.drop_table("candidate_showings")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_key_id"))
        batch_op.drop_index(batch_op.f("ix_alerts_entry_id"))
        batch_op.drop_index("ix_alerts_deployment_id_received_at")

    op.drop_table("alerts")
    with op.batch_alter_table("watchlist_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_watchlist_entries_watchlist_id_subject_mac")
        batch_op.drop_index("ix_watchlist_entries_watchlist_id_status")
        batch_op.drop_index("ix_watchlist_entries_watchlist_id_added_at_id")
        batch_op.drop_index(batch_op.f("ix_watchlist_entries_watchlist_id"))
        batch_op.drop_index(batch_op.f("ix_watchlist_entries_key_id"))
        batch_op.drop_index(batch_op.f("ix_watchlist_entries_expires_on"))

    op.drop_table("watchlist_entries")
    op.drop_table("search_reviews")
    with op.batch_alter_table("search_outcomes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_outcomes_search_id"))

    op.drop_table("search_outcomes")
    with op.batch_alter_table("search_candidates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_candidates_search_id"))
        batch_op.drop_index(batch_op.f("ix_search_candidates_record_id"))

    op.drop_table("search_candidates")
    with op.batch_alter_table("published_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_published_records_deployment_id"))

    op.drop_table("published_records")
    with op.batch_alter_table("live_events", schema=None) as batch_op:
        batch_op.drop_index("ix_live_events_deployment_id_seq")

    op.drop_table("live_events")
    with op.batch_alter_table("ingestions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ingestions_key_id"))
        batch_op.drop_index(batch_op.f("ix_ingestions_collection_id"))

    op.drop_table("ingestions")
    with op.batch_alter_table("import_jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_jobs_watchlist_id"))

    op.drop_table("import_jobs")
    with op.batch_alter_table("frozen_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_frozen_entries_deployment_id"))

    op.drop_table("frozen_entries")
    with op.batch_alter_table("engine_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_engine_runs_deployment_id"))

    op.drop_table("engine_runs")
    with op.batch_alter_table("duties", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_duties_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_duties_officer_id"))
        batch_op.drop_index(batch_op.f("ix_duties_deployment_id"))

    op.drop_table("duties")
    with op.batch_alter_table("deployment_moves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deployment_moves_deployment_id"))

    op.drop_table("deployment_moves")
    with op.batch_alter_table("collection_removals", schema=None) as batch_op:
        batch_op.drop_index("ix_collection_removals_collection_id_revision")

    op.drop_table("collection_removals")
    with op.batch_alter_table("collection_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collection_records_review_by"))
        batch_op.drop_index(batch_op.f("ix_collection_records_key_id"))
        batch_op.drop_index(batch_op.f("ix_collection_records_collection_id"))

    op.drop_table("collection_records")
    with op.batch_alter_table("authorisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authorisations_deployment_id"))

    op.drop_table("authorisations")
    with op.batch_alter_table("watchlists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watchlists_key_id"))

    op.drop_table("watchlists")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_person_id"))
        batch_op.drop_index(batch_op.f("ix_sessions_expires_at"))

    op.drop_table("sessions")
    with op.batch_alter_table("searches", schema=None) as batch_op:
        batch_op.drop_index("ix_searches_state_searched_at")
        batch_op.drop_index(batch_op.f("ix_searches_searched_by"))
        batch_op.drop_index(batch_op.f("ix_searches_searched_at"))
        batch_op.drop_index(batch_op.f("ix_searches_key_id"))
        batch_op.drop_index("ix_searches_collection_id_probe_mac")
        batch_op.drop_index(batch_op.f("ix_searches_collection_id"))

    op.drop_table("searches")
    with op.batch_alter_table("deployments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deployments_window_end"))
        batch_op.drop_index(batch_op.f("ix_deployments_state"))
        batch_op.drop_index(batch_op.f("ix_deployments_key_id"))

    op.drop_table("deployments")
    with op.batch_alter_table("collections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collections_key_id"))

    op.drop_table("collections")
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificates_pack"))

    op.drop_table("certificates")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_tokens_person_id"))

    op.drop_table("api_tokens")
    op.drop_table("vault_mark")
    with op.batch_alter_table("vault_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vault_keys_parent_id"))

    op.drop_table("vault_keys")
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_attempts_client_at")

    op.drop_table("sign_in_attempts")
    op.drop_table("server_leases")
    op.drop_table("retention_runs")
    with op.batch_alter_table("repeated_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repeated_requests_created_at"))

    op.drop_table("repeated_requests")
    op.drop_table("people")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_command"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_actor_id"))

    op.drop_table("audit_entries")
    op.drop_table("audit_checkpoints")
