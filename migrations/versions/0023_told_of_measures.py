"""Members are told what staff decided about their membership.

Expands: the release before reads what it knows; rows of the new kind it would not know how to read.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

KINDS = (
    *('mention', 'reply', 'announcement', 'followed', 'could-help', 'topic'),
    *('accepted', 'thanks', 'recognised', 'moderated', 'looked-at'),
    *('opened', 'closing-soon', 'closed', 'purge-soon'),
)
OF_A_MEMBERSHIP = 'standing'


def upgrade() -> None:
    _take(*KINDS, OF_A_MEMBERSHIP)


def downgrade() -> None:
    op.execute(f"DELETE FROM notification WHERE kind = '{OF_A_MEMBERSHIP}'")
    _take(*KINDS)


def _take(*kinds: str) -> None:
    """Let notifications be of these kinds and of no other."""
    among = ', '.join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table('notification') as table:
        table.drop_constraint(op.f('ck_notification_kind'), type_='check')
        table.create_check_constraint(op.f('ck_notification_kind'), f'kind IN ({among})')
