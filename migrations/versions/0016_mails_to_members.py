"""Mails that tell members what they are told: what they chose, when it is due, in which mail it went; and
private links for their calendars.

Expands only: code of the revision before may run beside this. What was told before is not mailed.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

WAITS, WAS_MAILED, TO_A_MEMBER = (
    sa.text(f'{name} IS NOT NULL') for name in ('mail_due_at', 'mailed_in_id', 'member_id')
)
INDEXES = {
    'ix_notification_mail_due_at': ('notification', ['mail_due_at', 'id'], WAITS),
    'ix_notification_member_id_mail_due_at': ('notification', ['member_id', 'mail_due_at', 'id'], WAITS),
    'ix_notification_mailed_in_id': ('notification', ['mailed_in_id', 'at', 'id'], WAS_MAILED),
    'ix_message_to_nobody_here': ('message', ['state', 'due_at'], sa.text('member_id IS NULL')),
    'ix_message_created_at': ('message', ['created_at'], TO_A_MEMBER),
    'ix_message_member_id_created_at': ('message', ['member_id', 'created_at', 'id'], TO_A_MEMBER),
}


def upgrade() -> None:
    op.create_table(
        'mail_choice',
        sa.Column('member_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('off', sa.Boolean(), nullable=False),
        sa.Column('frequencies', sa.JSON(), nullable=False),
        sa.Column('zone', sa.String(length=64), nullable=True),
        sa.Column('quiet_from', sa.Integer(), nullable=False),
        sa.Column('quiet_until', sa.Integer(), nullable=False),
        sa.Column('quiet_weekends', sa.Boolean(), nullable=False),
        sa.Column('digest_hour', sa.Integer(), nullable=False),
        sa.Column('digest_day', sa.Integer(), nullable=False),
        sa.Column('refused_address', sa.String(length=320), nullable=True),
        sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_mail_choice_member_id')),
        sa.PrimaryKeyConstraint('member_id', name=op.f('pk_mail_choice')),
    )
    op.create_table(
        'calendar_feed',
        sa.Column('member_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('key', sa.String(length=43), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_calendar_feed_member_id')),
        sa.PrimaryKeyConstraint('member_id', name=op.f('pk_calendar_feed')),
    )
    add_reference('message', 'member_id', 'membership')
    op.add_column('message', sa.Column('why', sa.JSON(), nullable=True))
    op.add_column('notification', sa.Column('mail_due_at', sa.DateTime(timezone=True), nullable=True))
    add_reference('notification', 'mailed_in_id', 'message')
    for name, (table, columns, which) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)


def downgrade() -> None:
    """The mails that were to tell members something go with what they chose; the code before knows neither."""
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
    drop_columns('notification', 'mailed_in_id', 'mail_due_at')
    op.execute('DELETE FROM message WHERE member_id IS NOT NULL')
    drop_columns('message', 'why', 'member_id')
    op.drop_table('calendar_feed')
    op.drop_table('mail_choice')


def add_reference(table: str, name: str, to: str) -> None:
    """Add a column that points to a row of another table, in words that both databases know."""
    key = op.f(f'fk_{table}_{name}')
    op.execute(f'ALTER TABLE {table} ADD COLUMN {name} INTEGER CONSTRAINT {key} REFERENCES {to} (id)')


def drop_columns(table: str, *names: str) -> None:
    """Drop columns with what they point to; SQLite cannot, once a later migration has made the table anew."""
    with op.batch_alter_table(table) as changed:
        for name in names:
            changed.drop_column(name)
