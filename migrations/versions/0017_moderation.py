"""Good order: what was reported, what was decided about it, and what is hidden.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

REASONS = ('hurtful', 'private', 'risky', 'advert', 'elsewhere', 'other')
LIMITS = (('hourly_limit', '60'), ('first_day_limit', '50'))
MEASURES = ('muted', 'unmuted', 'removed', 'readmitted')
ACTS = ('hidden', 'kept-hidden', 'restored', 'left', 'locked', 'unlocked', 'answered', 'edited', 'deleted')
TOLD_BEFORE = (
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
TOLD_FROM_NOW = ('moderated', 'looked-at')


def upgrade() -> None:
    for table in ('post', 'comment'):
        op.add_column(table, sa.Column('hidden_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('post', sa.Column('locked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('membership', sa.Column('muted_until', sa.DateTime(timezone=True), nullable=True))
    restricted = sa.text("state <> 'active'")
    op.create_index(
        'ix_membership_community_id_restricted',
        'membership',
        ['community_id', 'id'],
        sqlite_where=restricted,
        postgresql_where=restricted,
    )
    for name, usual in LIMITS:
        column = sa.Column(name, sa.Integer(), server_default=sa.text(usual), nullable=False)
        op.add_column('community', column)
    op.add_column('community', sa.Column('watched_words', sa.Text(), nullable=True))
    _make_cases()
    _make_reports()
    _make_steps()
    _make_measures()
    _tell_of(TOLD_BEFORE + TOLD_FROM_NOW)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f'{column} IN (' + ', '.join(f"'{word}'" for word in words) + ')'


def _make_cases() -> None:
    op.create_table(
        'moderation_case',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('about', sa.String(length=60), nullable=False),
        sa.Column('post_id', sa.Integer(), nullable=False),
        sa.Column('comment_id', sa.Integer(), nullable=True),
        sa.Column('author_id', sa.Integer(), nullable=False),
        sa.Column('version', sa.Integer(), server_default=sa.text('0'), nullable=False),
        sa.Column('waits_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answered_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('watched', sa.JSON(), nullable=True),
        sa.Column('watched_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['author_id'], ['membership.id'], name=op.f('fk_moderation_case_author_id')),
        sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_moderation_case_comment_id')),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_moderation_case_community_id')
        ),
        sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_moderation_case_post_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation_case')),
        sa.UniqueConstraint('about', name=op.f('uq_moderation_case_about')),
    )
    for column, name in (('waits_since', 'waits'), ('answered_since', 'answered')):
        which = sa.text(f'{column} IS NOT NULL')
        op.create_index(
            f'ix_moderation_case_{name}',
            'moderation_case',
            ['community_id', column, 'id'],
            sqlite_where=which,
            postgresql_where=which,
        )
    op.create_index(
        'ix_moderation_case_community_id_decided_at', 'moderation_case', ['community_id', 'decided_at', 'id']
    )
    for column in ('author_id', 'comment_id', 'post_id'):
        op.create_index(op.f(f'ix_moderation_case_{column}'), 'moderation_case', [column])


def _make_reports() -> None:
    op.create_table(
        'contribution_report',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('reported_by_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=40), nullable=False),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_one_of('reason', REASONS), name=op.f('ck_contribution_report_reason')),
        sa.ForeignKeyConstraint(
            ['case_id'], ['moderation_case.id'], name=op.f('fk_contribution_report_case_id')
        ),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_contribution_report_community_id')
        ),
        sa.ForeignKeyConstraint(
            ['reported_by_id'], ['membership.id'], name=op.f('fk_contribution_report_reported_by_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_contribution_report')),
        sa.UniqueConstraint(
            'case_id', 'reported_by_id', name=op.f('uq_contribution_report_case_id_reported_by_id')
        ),
    )
    for column in ('community_id', 'reported_by_id'):
        op.create_index(op.f(f'ix_contribution_report_{column}'), 'contribution_report', [column])


def _make_steps() -> None:
    op.create_table(
        'moderation_step',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('case_id', sa.Integer(), nullable=False),
        sa.Column('act', sa.String(length=40), nullable=False),
        sa.Column('done_by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.CheckConstraint(_one_of('act', ACTS), name=op.f('ck_moderation_step_act')),
        sa.ForeignKeyConstraint(['case_id'], ['moderation_case.id'], name=op.f('fk_moderation_step_case_id')),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_moderation_step_community_id')
        ),
        sa.ForeignKeyConstraint(['done_by_id'], ['membership.id'], name=op.f('fk_moderation_step_done_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation_step')),
    )
    op.create_index('ix_moderation_step_case_id', 'moderation_step', ['case_id', 'id'])
    for column in ('community_id', 'done_by_id'):
        op.create_index(op.f(f'ix_moderation_step_{column}'), 'moderation_step', [column])


def _make_measures() -> None:
    op.create_table(
        'member_measure',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('community_id', sa.Integer(), nullable=False),
        sa.Column('member_id', sa.Integer(), nullable=False),
        sa.Column('act', sa.String(length=40), nullable=False),
        sa.Column('done_by_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.CheckConstraint(_one_of('act', MEASURES), name=op.f('ck_member_measure_act')),
        sa.ForeignKeyConstraint(
            ['community_id'], ['community.id'], name=op.f('fk_member_measure_community_id')
        ),
        sa.ForeignKeyConstraint(['done_by_id'], ['membership.id'], name=op.f('fk_member_measure_done_by_id')),
        sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_member_measure_member_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_member_measure')),
    )
    op.create_index('ix_member_measure_member_id', 'member_measure', ['member_id', 'id'])
    for column in ('community_id', 'done_by_id'):
        op.create_index(op.f(f'ix_member_measure_{column}'), 'member_measure', [column])


def _tell_of(kinds: tuple[str, ...]) -> None:
    """Let notifications be of these kinds."""
    with op.batch_alter_table('notification') as notification:
        notification.drop_constraint(op.f('ck_notification_kind'), type_='check')
        notification.create_check_constraint(op.f('ck_notification_kind'), _one_of('kind', kinds))


def downgrade() -> None:
    kinds = ', '.join(f"'{kind}'" for kind in TOLD_FROM_NOW)
    op.execute(f'DELETE FROM notification WHERE kind IN ({kinds})')
    _tell_of(TOLD_BEFORE)
    for table in ('member_measure', 'moderation_step', 'contribution_report', 'moderation_case'):
        op.drop_table(table)
    # What is hidden stays gone, as what is deleted is.
    for table in ('comment', 'post'):
        op.drop_column(table, 'hidden_at')
    op.drop_column('post', 'locked_at')
    op.drop_index('ix_membership_community_id_restricted', 'membership')
    op.drop_column('membership', 'muted_until')
    for name in ('hourly_limit', 'first_day_limit', 'watched_words'):
        op.drop_column('community', name)
