"""Threads that staff moved, split or merged: what stood elsewhere before, and how facts name it still.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

DONE_BEFORE = (
    *('hidden', 'kept-hidden', 'restored', 'left', 'locked'),
    *('unlocked', 'answered', 'edited', 'deleted'),
)
DONE_FROM_NOW = ('moved', 'split', 'merged')
REFERENCES = ('became_post_id', 'made_of_post_id')


def upgrade() -> None:
    for name in REFERENCES:
        key = op.f(f'fk_comment_{name}')
        op.execute(f'ALTER TABLE comment ADD COLUMN {name} INTEGER CONSTRAINT {key} REFERENCES post (id)')
        where = sa.text(f'{name} IS NOT NULL')
        op.create_index(
            f'ix_comment_{name}', 'comment', [name], unique=True, sqlite_where=where, postgresql_where=where
        )
    for table in ('post', 'comment'):
        op.add_column(table, sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('post', sa.Column('left_subgroup_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('contribution_fact', sa.Column('subject', sa.String(length=60), nullable=True))
    named = sa.text('subject IS NOT NULL')
    op.create_index(
        'ix_contribution_fact_subject',
        'contribution_fact',
        ['subject', 'community_id', 'id'],
        sqlite_where=named,
        postgresql_where=named,
    )
    _may_be_done((*DONE_BEFORE, *DONE_FROM_NOW))


def _may_be_done(acts: tuple[str, ...]) -> None:
    """Let these things be done about a contribution, and no others."""
    among = ', '.join(f"'{act}'" for act in acts)
    with op.batch_alter_table('moderation_step') as step:
        step.drop_constraint(op.f('ck_moderation_step_act'), type_='check')
        step.create_check_constraint(op.f('ck_moderation_step_act'), f'act IN ({among})')


def downgrade() -> None:
    """What was split or merged stays where it stands by now; its old addresses lead nowhere."""
    among = ', '.join(f"'{act}'" for act in DONE_FROM_NOW)
    op.execute(f"UPDATE moderation_step SET act = 'left' WHERE act IN ({among})")
    _may_be_done(DONE_BEFORE)
    op.drop_index('ix_contribution_fact_subject', 'contribution_fact')
    op.drop_column('contribution_fact', 'subject')
    op.drop_column('post', 'left_subgroup_at')
    for table in ('post', 'comment'):
        op.drop_column(table, 'moved_at')
    for name in REFERENCES:
        op.drop_index(f'ix_comment_{name}', 'comment')
        op.drop_column('comment', name)
