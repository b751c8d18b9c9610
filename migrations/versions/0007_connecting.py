"""Checks of a connection that somebody asked for, and how its services did when they were last used.

Expands only: code of the revision before may run beside this.

Revision ID: 0007
Revises: 0006c
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006c'
branch_labels = None
depends_on = None

MOMENTS = ('roster_read_at', 'roster_failed_at', 'score_taken_at', 'score_failed_at')
WORDS = ('roster_problem', 'score_problem', 'preset')
LAUNCHES = 'ix_launch_record_platform_id_outcome_at'


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column('platform', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in WORDS:
        op.add_column('platform', sa.Column(name, sa.String(length=40), nullable=True))
    op.create_table('platform_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('due', 'checking', 'done', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_platform_check_platform_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_platform_check')),
    sa.UniqueConstraint('platform_id', name=op.f('uq_platform_check_platform_id'))
    )
    op.create_index('ix_platform_check_state_due_at', 'platform_check', ['state', 'due_at'])
    op.create_index(LAUNCHES, 'launch_record', ['platform_id', 'outcome', 'at'])
    say_when_services_were_last_used()


def say_when_services_were_last_used() -> None:
    """What happened before is read once from rosters and deliveries; from now on workers note it."""
    through = (
        "JOIN course ON course.id = {table}.course_id JOIN deployment ON deployment.id = course.deployment_id "
        "WHERE deployment.platform_id = platform.id"
    )
    op.execute(
        "UPDATE platform SET roster_read_at = (SELECT max(roster.completed_at) FROM roster "
        + through.format(table="roster")
        + ")"
    )
    op.execute(
        "UPDATE platform SET score_taken_at = (SELECT max(score_delivery.confirmed_at) FROM score_delivery "
        "JOIN line_item ON line_item.id = score_delivery.line_item_id "
        + through.format(table="line_item")
        + ")"
    )


def downgrade() -> None:
    op.drop_index(LAUNCHES, 'launch_record')
    op.drop_table('platform_check')
    for name in (*WORDS, *MOMENTS):
        op.drop_column('platform', name)
