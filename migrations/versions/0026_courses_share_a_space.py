"""Courses join a space and go their own way again: the archive that one left, and the word of its staff.

Members are told of it. No course that was there has left a space.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

STATES = ('draft', 'preparing', 'open', 'closed', 'archived', 'purging', 'purged')
KINDS = (
    *('mention', 'reply', 'announcement', 'followed', 'could-help', 'topic'),
    *('accepted', 'thanks', 'recognised', 'moderated', 'looked-at'),
    *('standing', 'opened', 'closing-soon', 'closed', 'purge-soon'),
)
CHANGED = 'courses-changed'


def among(words: tuple[str, ...]) -> str:
    return ', '.join(f"'{word}'" for word in words)


def upgrade() -> None:
    op.create_table(
        'former_space',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('course_id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('left_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('state_before', sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            f'state_before IN ({among(STATES)})', name=op.f('ck_former_space_state_before')
        ),
        sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_former_space_course_id_course')),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_former_space_community_id_community')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_former_space')),
        sa.UniqueConstraint('course_id', 'community_id', name=op.f('uq_former_space_course_id_community_id')),
    )
    op.create_index('ix_former_space_community_id_course_id', 'former_space', ['community_id', 'course_id'])
    op.create_table(
        'course_agreement',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('course_id', sa.Integer(), nullable=False),
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['course_id'], ['course.id'], name=op.f('fk_course_agreement_course_id_course')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_course_agreement')),
        sa.UniqueConstraint('course_id', name=op.f('uq_course_agreement_course_id')),
        sa.UniqueConstraint('code_hash', name=op.f('uq_course_agreement_code_hash')),
    )
    op.add_column('course', sa.Column('meets_since', sa.DateTime(timezone=True), nullable=True))
    _remake_notifications((*KINDS, CHANGED))


def downgrade() -> None:
    """Go down one step. Who read an archive no longer does; courses go on where they meet."""
    op.execute(f"DELETE FROM notification WHERE kind = '{CHANGED}'")
    _remake_notifications(KINDS)
    op.drop_column('course', 'meets_since')
    op.drop_table('course_agreement')
    op.drop_index('ix_former_space_community_id_course_id', table_name='former_space')
    op.drop_table('former_space')


def _remake_notifications(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table('notification') as table:
        table.drop_constraint(op.f('ck_notification_kind'), type_='check')
        table.create_check_constraint(op.f('ck_notification_kind'), f'kind IN ({among(kinds)})')
