"""Register and operate: invitations, rosters, successions, tokens and slots of calls, heartbeats.

Expands only: code of 0001 may run beside code of 0002 until every process is new.
Columns are added and dropped without copying a table: SQLite would take its dependants along.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('host_slot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('host', sa.String(length=300), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_host_slot')),
    sa.UniqueConstraint('host', 'number', name=op.f('uq_host_slot_host_number'))
    )
    op.create_table('worker_heartbeat',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('version', sa.String(length=50), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_heartbeat')),
    sa.UniqueConstraint('name', name=op.f('uq_worker_heartbeat_name'))
    )
    with op.batch_alter_table('worker_heartbeat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_worker_heartbeat_beat_at'), ['beat_at'], unique=False)

    op.create_table('access_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('scope_key', sa.String(length=64), nullable=False),
    sa.Column('granted_scopes', sa.JSON(), nullable=False),
    sa.Column('token_encrypted', sa.Text(), nullable=False),
    sa.Column('good_until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_access_token_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_token')),
    sa.UniqueConstraint('platform_id', 'scope_key', name=op.f('uq_access_token_platform_id_scope_key'))
    )
    with op.batch_alter_table('access_token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_access_token_good_until'), ['good_until'], unique=False)
        batch_op.create_index(batch_op.f('ix_access_token_platform_id'), ['platform_id'], unique=False)

    op.create_table('registration_invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_registration_invitation_organisation_id')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_registration_invitation_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_registration_invitation_token_hash'))
    )
    with op.batch_alter_table('registration_invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_registration_invitation_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_invitation_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_invitation_platform_id'), ['platform_id'], unique=False)

    op.create_table('succession',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('old_platform_id', sa.Integer(), nullable=False),
    sa.Column('new_platform_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reversible_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reverted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['new_platform_id'], ['platform.id'], name=op.f('fk_succession_new_platform_id')),
    sa.ForeignKeyConstraint(['old_platform_id'], ['platform.id'], name=op.f('fk_succession_old_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_succession'))
    )
    with op.batch_alter_table('succession', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_succession_new_platform_id'), ['new_platform_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_succession_old_platform_id'), ['old_platform_id'], unique=False)

    op.create_table('succession_move',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('succession_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('user', 'course', 'enrolment', 'membership', 'seat', 'kept-text', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('before_id', sa.Integer(), nullable=False),
    sa.Column('after_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['succession_id'], ['succession.id'], name=op.f('fk_succession_move_succession_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_succession_move')),
    sa.UniqueConstraint('succession_id', 'kind', 'row_id', name=op.f('uq_succession_move_succession_id_kind_row_id'))
    )
    with op.batch_alter_table('succession_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_succession_move_succession_id'), ['succession_id'], unique=False)

    op.create_table('roster',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('idle', 'due', 'reading', 'held', 'refused', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('read_id', sa.String(length=36), nullable=True),
    sa.Column('pages', sa.Integer(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('departures', sa.Integer(), nullable=False),
    sa.Column('arrivals', sa.Integer(), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('problem_detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['membership.id'], name=op.f('fk_roster_asked_by_id')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_roster_course_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster')),
    sa.UniqueConstraint('course_id', name=op.f('uq_roster_course_id'))
    )
    with op.batch_alter_table('roster', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_asked_by_id'), ['asked_by_id'], unique=False)
        batch_op.create_index('ix_roster_state_due_at', ['state', 'due_at'], unique=False)

    op.create_table('roster_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('read_id', sa.String(length=36), nullable=False),
    sa.Column('sub', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('given_name', sa.String(length=200), nullable=True),
    sa.Column('family_name', sa.String(length=200), nullable=True),
    sa.Column('roles', sa.JSON(), nullable=False),
    sa.Column('role', sa.Enum('learner', 'trainer', 'pedagogical_lead', 'community_manager', 'sponsor', 'guest_expert', 'observer', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('gone', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_roster_line_course_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_line')),
    sa.UniqueConstraint('read_id', 'sub', name=op.f('uq_roster_line_read_id_sub'))
    )
    with op.batch_alter_table('roster_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_line_course_id'), ['course_id'], unique=False)

    op.add_column('course', sa.Column('roster_url', sa.Text(), nullable=True))
    op.add_column('course', sa.Column('roster_read_at', sa.DateTime(timezone=True), nullable=True))

    op.add_column('enrolment', sa.Column('listed', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('enrolment', sa.Column('left_at', sa.DateTime(timezone=True), nullable=True))

    op.add_column('platform', sa.Column('product', sa.String(length=100), nullable=True))
    op.add_column('platform', sa.Column('product_version', sa.String(length=100), nullable=True))
    op.add_column('platform', sa.Column('registration', sa.JSON(), nullable=True))
    op.add_column('platform', sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('platform', sa.Column('check_report', sa.JSON(), nullable=True))

    op.add_column('tool_key', sa.Column('withdraw_at', sa.DateTime(timezone=True), nullable=True))



def downgrade() -> None:
    op.drop_column('tool_key', 'withdraw_at')

    op.drop_column('platform', 'check_report')
    op.drop_column('platform', 'checked_at')
    op.drop_column('platform', 'registration')
    op.drop_column('platform', 'product_version')
    op.drop_column('platform', 'product')

    op.drop_column('enrolment', 'left_at')
    op.drop_column('enrolment', 'listed')

    op.drop_column('course', 'roster_read_at')
    op.drop_column('course', 'roster_url')

    with op.batch_alter_table('roster_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_roster_line_course_id'))

    op.drop_table('roster_line')
    with op.batch_alter_table('roster', schema=None) as batch_op:
        batch_op.drop_index('ix_roster_state_due_at')
        batch_op.drop_index(batch_op.f('ix_roster_asked_by_id'))

    op.drop_table('roster')
    with op.batch_alter_table('succession_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_succession_move_succession_id'))

    op.drop_table('succession_move')
    with op.batch_alter_table('succession', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_succession_old_platform_id'))
        batch_op.drop_index(batch_op.f('ix_succession_new_platform_id'))

    op.drop_table('succession')
    with op.batch_alter_table('registration_invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_registration_invitation_platform_id'))
        batch_op.drop_index(batch_op.f('ix_registration_invitation_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_registration_invitation_expires_at'))

    op.drop_table('registration_invitation')
    with op.batch_alter_table('access_token', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_access_token_platform_id'))
        batch_op.drop_index(batch_op.f('ix_access_token_good_until'))

    op.drop_table('access_token')
    with op.batch_alter_table('worker_heartbeat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_worker_heartbeat_beat_at'))

    op.drop_table('worker_heartbeat')
    op.drop_table('host_slot')
