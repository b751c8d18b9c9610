"""A group of a course may have a community of its own: it is a part of the course.

Expands only: code of the revision before may run beside this; it knows whole courses alone by their context.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('course', sa.Column('divided', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('course', sa.Column('groups_seen', sa.Integer(), nullable=True))
    key = op.f('fk_course_part_of_id')
    op.execute(f'ALTER TABLE course ADD COLUMN part_of_id INTEGER CONSTRAINT {key} REFERENCES course (id)')
    op.add_column('course', sa.Column('part_group', sa.String(length=255), nullable=True))
    op.create_index('ix_course_part_of_id', 'course', ['part_of_id', 'part_group'], unique=True)
    where = {'sqlite_where': sa.text('divided = 1'), 'postgresql_where': sa.text('divided')}
    op.create_index('ix_course_divided', 'course', ['community_id', 'id'], **where)


def downgrade() -> None:
    """Parts become courses of their own, which no launch opens; who is enrolled in one stays so."""
    op.drop_index('ix_course_divided', 'course')
    op.drop_index('ix_course_part_of_id', 'course')
    op.drop_column('course', 'part_group')
    op.drop_column('course', 'part_of_id')
    op.drop_column('course', 'groups_seen')
    op.drop_column('course', 'divided')
