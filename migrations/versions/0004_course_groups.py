"""Groups of a course: from the LMS's service beside the roster, or from launches.

Expands only: code of 0003 may run beside code of 0004 until every process is new. Columns are added and
dropped without copying a table.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

ADDED = (
    ('course', 'groups_url', sa.Text),
    ('course', 'group_sets_url', sa.Text),
    ('enrolment', 'launch_groups', sa.JSON),
    ('roster', 'groups_read_id', lambda: sa.String(length=36)),
    ('roster', 'groups_problem', lambda: sa.String(length=40)),
    ('roster', 'groups_problem_detail', sa.Text),
    ('roster_line', 'group_ids', sa.JSON),
)


def upgrade() -> None:
    for table, name, kind in ADDED:
        op.add_column(table, sa.Column(name, kind(), nullable=True))
    op.create_table('course_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('set_name', sa.String(length=200), nullable=True),
    sa.Column('hidden', sa.Boolean(), nullable=False),
    sa.Column('source', sa.Enum('launch', 'service', name='source', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_course_group_course_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_group')),
    sa.UniqueConstraint('course_id', 'group_id', name=op.f('uq_course_group_course_id_group_id'))
    )
    op.create_table('course_group_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_group_id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['course_group_id'], ['course_group.id'], name=op.f('fk_course_group_member_course_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_course_group_member_enrolment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_group_member')),
    sa.UniqueConstraint('course_group_id', 'enrolment_id', name=op.f('uq_course_group_member_course_group_id_enrolment_id'))
    )
    with op.batch_alter_table('course_group_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_course_group_member_enrolment_id'), ['enrolment_id'], unique=False)

    op.create_table('roster_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('read_id', sa.String(length=36), nullable=False),
    sa.Column('group_id', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('set_name', sa.String(length=200), nullable=True),
    sa.Column('hidden', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_roster_group_course_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_group')),
    sa.UniqueConstraint('read_id', 'group_id', name=op.f('uq_roster_group_read_id_group_id'))
    )
    with op.batch_alter_table('roster_group', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_group_course_id'), ['course_id'], unique=False)


def downgrade() -> None:
    for table in ('roster_group', 'course_group_member', 'course_group'):
        op.drop_table(table)
    for table, name, _ in reversed(ADDED):
        op.drop_column(table, name)
