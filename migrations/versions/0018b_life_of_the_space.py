"""The life of a space: its state, the dates set in advance, what its members are told of it.

Expands: the release before goes on reading and writing `state`, open or closed, beside this.

Revision ID: 0018b
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = '0018b'
down_revision = '0018'
branch_labels = None
depends_on = None

STATES = ('draft', 'preparing', 'open', 'closed', 'archived', 'purging', 'purged')
MOMENTS = (
    *('state_since', 'opens_at', 'closes_at', 'archives_at', 'purges_at'),
    *('closing_told_for', 'purge_told_for', 'due_at'),
)
KINDS = (
    *('mention', 'reply', 'announcement', 'followed', 'could-help', 'topic'),
    *('accepted', 'thanks', 'recognised', 'moderated', 'looked-at'),
)
OF_THE_SPACE = ('opened', 'closing-soon', 'closed', 'purge-soon')


def among(words: tuple[str, ...]) -> str:
    return ', '.join(f"'{word}'" for word in words)


def upgrade() -> None:
    op.execute(
        "ALTER TABLE community ADD COLUMN life_state VARCHAR(40) DEFAULT 'open' NOT NULL "
        f"CONSTRAINT ck_community_life_state CHECK (life_state IN ({among(STATES)}))"
    )
    op.execute('UPDATE community SET life_state = state')
    for name in MOMENTS:
        op.add_column('community', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_community_due_at', 'community', ['due_at'])
    _remake_notifications((*KINDS, *OF_THE_SPACE), nullable=True)


def downgrade() -> None:
    """Go down one step. A space that is no longer open for all is closed for the release before."""
    op.execute(f"DELETE FROM notification WHERE post_id IS NULL OR kind IN ({among(OF_THE_SPACE)})")
    _remake_notifications(KINDS, nullable=False)
    op.drop_index('ix_community_due_at', 'community')
    for name in MOMENTS:
        op.drop_column('community', name)
    op.execute('ALTER TABLE community DROP COLUMN life_state')


def _remake_notifications(kinds: tuple[str, ...], *, nullable: bool) -> None:
    """Take these kinds, and rows of no thread that nobody did, or take them no longer."""
    with op.batch_alter_table('notification') as table:
        table.drop_constraint(op.f('ck_notification_kind'), type_='check')
        table.create_check_constraint(op.f('ck_notification_kind'), f'kind IN ({among(kinds)})')
        for name in ('post_id', 'done_by_id'):
            table.alter_column(name, existing_type=sa.Integer(), nullable=nullable)
