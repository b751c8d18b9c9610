"""The audit log is read: what its acts belong to, an index for each way to look through it, and a lock on it.

Expands only: code of the revision before may run beside this. It leaves `area` empty, which is told later.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

# As the code of this revision has it; tests compare.
AREA_OF = {
    'member': 'people',
    'enrolment': 'people',
    'roster': 'people',
    'person': 'people',
    'privacy': 'people',
    'community': 'space',
    'charter': 'space',
    'subgroup': 'space',
    'activity': 'contributions',
    'grade': 'grading',
    'grading': 'grading',
    'question': 'grading',
    'platform': 'connection',
    'deployment': 'connection',
    'course': 'connection',
    'administrator': 'installation',
    'keys': 'installation',
}
OLD_INDEXES = {
    'ix_audit_entry_community_id_at': ['community_id', 'at'],
    'ix_audit_entry_organisation_id': ['organisation_id'],
}
INDEXES = {
    'ix_audit_entry_community_id_at': ['community_id', 'at', 'id'],
    'ix_audit_entry_community_id_area': ['community_id', 'area', 'at', 'id'],
    'ix_audit_entry_community_id_actor': ['community_id', 'actor_kind', 'actor_id', 'area', 'at', 'id'],
    'ix_audit_entry_community_id_subject': ['community_id', 'subject', 'area', 'at', 'id'],
    'ix_audit_entry_organisation_id_area': ['organisation_id', 'area', 'at', 'id'],
    'ix_audit_entry_area_at': ['area', 'at', 'id'],
}
KEPT = 'id, at, act, actor_kind, actor_id, organisation_id, community_id, subject'
REFUSAL = 'the audit log is append-only'


def upgrade() -> None:
    op.add_column('audit_entry', sa.Column('area', sa.String(length=20), server_default='', nullable=False))
    told = ' '.join(f"WHEN act LIKE '{prefix}.%' THEN '{area}'" for prefix, area in AREA_OF.items())
    op.execute(f"UPDATE audit_entry SET area = CASE {told} ELSE '' END")
    change_indexes(OLD_INDEXES, INDEXES)
    for statement in lock_of(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for name in ('audit_entry_is_kept', 'audit_entry_is_not_emptied'):
            op.execute(f'DROP TRIGGER {name} ON audit_entry')
        op.execute('DROP FUNCTION audit_entry_is_kept()')
    else:
        for name in ('audit_entry_is_not_deleted', 'audit_entry_is_not_changed', 'audit_entry_area_is_kept'):
            op.execute(f'DROP TRIGGER {name}')
    change_indexes(INDEXES, OLD_INDEXES)
    op.drop_column('audit_entry', 'area')


def change_indexes(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    for name in before:
        op.drop_index(name, 'audit_entry')
    for name, columns in after.items():
        op.create_index(name, 'audit_entry', columns)


def lock_of(dialect: str) -> list[str]:
    """Return what refuses to delete an entry, and to change more of it than an erasure does: `detail`.

    An area that was left empty may be told once. On SQLite a migration that copies the table has to make
    these triggers again.
    """
    if dialect == 'postgresql':
        return [
            'CREATE FUNCTION audit_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN'
            " IF TG_OP = 'UPDATE' THEN"
            f' IF ROW({of("OLD")}) IS NOT DISTINCT FROM ROW({of("NEW")})'
            " AND (OLD.area = NEW.area OR OLD.area = '') THEN RETURN NEW; END IF; END IF;"
            f" RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
            'CREATE TRIGGER audit_entry_is_kept BEFORE DELETE OR UPDATE ON audit_entry'
            ' FOR EACH ROW EXECUTE FUNCTION audit_entry_is_kept()',
            'CREATE TRIGGER audit_entry_is_not_emptied BEFORE TRUNCATE ON audit_entry'
            ' FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_kept()',
        ]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    return [
        f'CREATE TRIGGER audit_entry_is_not_deleted BEFORE DELETE ON audit_entry {refuse}',
        f'CREATE TRIGGER audit_entry_is_not_changed BEFORE UPDATE OF {KEPT} ON audit_entry {refuse}',
        "CREATE TRIGGER audit_entry_area_is_kept BEFORE UPDATE OF area ON audit_entry"
        f" WHEN OLD.area <> '' {refuse}",
    ]


def of(row: str) -> str:
    return ', '.join(f'{row}.{name}' for name in KEPT.split(', '))
