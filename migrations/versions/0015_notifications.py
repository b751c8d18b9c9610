"""What members are told of: a row for each person and each thing that concerns them.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

KINDS = (
    'mention',
    'reply',
    'announcement',
    'followed',
    'could-help',
    'topic',
    'accepted',
    'thanks',
    'recognised',
)


def upgrade() -> None:
    kinds = ', '.join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        'notification',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('member_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('about', sa.String(length=60), nullable=False),
        sa.Column('post_id', sa.Integer(), nullable=False),
        sa.Column('comment_id', sa.Integer(), nullable=True),
        sa.Column('done_by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f'kind IN ({kinds})', name=op.f('ck_notification_kind')),
        sa.ForeignKeyConstraint(['done_by_id'], ['membership.id'], name=op.f('fk_notification_done_by_id')),
        sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_notification_comment_id')),
        sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_notification_community_id')),
        sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_notification_member_id')),
        sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_notification_post_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
        sa.UniqueConstraint('member_id', 'about', name=op.f('uq_notification_member_id_about')),
    )
    unread = sa.text('read_at IS NULL')
    op.create_index(
        'ix_notification_unread',
        'notification',
        ['member_id', 'at', 'id'],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    op.create_index('ix_notification_member_id_at', 'notification', ['member_id', 'at', 'id'])
    op.create_index('ix_notification_member_id_post_id', 'notification', ['member_id', 'post_id'])
    op.create_index('ix_notification_at', 'notification', ['at'])
    for name in ('done_by_id', 'comment_id', 'community_id', 'post_id'):
        op.create_index(op.f(f'ix_notification_{name}'), 'notification', [name])


def downgrade() -> None:
    op.drop_table('notification')
