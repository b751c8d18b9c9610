"""Participation grading: several columns, prompts, marks, rubrics, decisions, running scores.

Expands only: code of 0002 may run beside code of 0003 until every process is new. Columns are added without
copying a table. `grade_column` alone is copied on SQLite, which cannot drop a constraint: its rows go out and
come back within one transaction whose foreign keys are looked at when it ends.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# What `grade_column` had before, in its order.
COLUMNS_OF_0002 = 'id, community_id, uuid, name, maximum, policy_id, switched_on_by_id, switched_on_at'
KINDS = ('participation', 'assessment', 'prompt')


def upgrade() -> None:
    op.create_table('prompt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=36), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deadline', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_prompt_community_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['membership.id'], name=op.f('fk_prompt_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prompt')),
    sa.UniqueConstraint('community_id', 'key', name=op.f('uq_prompt_community_id_key'))
    )
    with op.batch_alter_table('prompt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prompt_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_prompt_created_by_id'), ['created_by_id'], unique=False)

    widen_what_people_write()
    widen_columns()
    make_tables_of_assessment()
    widen_deliveries()


def downgrade() -> None:
    narrow_deliveries()
    for name in ('running_score', 'grade_decision', 'feedback', 'assessment_fact', 'score_question'):
        op.drop_table(name)
    narrow_columns()
    narrow_what_people_write()
    op.drop_table('prompt')


def widen_what_people_write() -> None:
    add_reference('contribution_fact', 'prompt_id', 'prompt')
    op.add_column('contribution_fact', sa.Column('quality', sa.String(length=40), nullable=True))
    op.add_column('contribution_fact', sa.Column('lateness', sa.String(length=40), nullable=True))
    op.add_column('contribution_fact', sa.Column('reason', sa.Text(), nullable=True))
    op.add_column('contribution_fact', sa.Column('received_id', sa.Integer(), nullable=True))
    op.add_column('contribution_fact', sa.Column('by_staff', sa.Boolean(), nullable=True))
    op.add_column('contribution_fact', sa.Column('returns_at', sa.DateTime(timezone=True), nullable=True))
    add_reference('post', 'prompt_id', 'prompt')
    op.add_column('post', sa.Column('opens_prompt', sa.Boolean(), nullable=True))


def narrow_what_people_write() -> None:
    """What only the newer code understands goes: the marks that trainers gave."""
    op.drop_column('post', 'opens_prompt')
    drop_reference('post', 'prompt_id')
    op.execute("DELETE FROM contribution_fact WHERE act = 'marked'")
    for name in ('returns_at', 'by_staff', 'received_id', 'reason', 'lateness', 'quality'):
        op.drop_column('contribution_fact', name)
    drop_reference('contribution_fact', 'prompt_id')


def widen_columns() -> None:
    for name, kind in (('reason', sa.Text()), ('foreseen', sa.JSON()), ('calendar', sa.JSON())):
        op.add_column('grading_policy', sa.Column(name, kind, nullable=True))
    if op.get_bind().dialect.name == 'sqlite':
        put_back_into(grade_column_of_0003, COLUMNS_OF_0002)
    else:
        op.drop_constraint(op.f('uq_grade_column_community_id'), 'grade_column', type_='unique')
        for column in columns_of_0003():
            op.add_column('grade_column', column)
        op.create_check_constraint(op.f('ck_grade_column_kind'), 'grade_column', one_of_the_kinds())
        for name, table in REFERENCES_OF_COLUMNS.items():
            op.create_foreign_key(op.f(f'fk_grade_column_{name}'), 'grade_column', table, [name], ['id'])
        op.create_unique_constraint(
            op.f('uq_grade_column_community_id_measures'), 'grade_column', ['community_id', 'measures']
        )
    for name in REFERENCES_OF_COLUMNS:
        op.create_index(op.f(f'ix_grade_column_{name}'), 'grade_column', [name])


def narrow_columns() -> None:
    """Columns of the newer kinds go with everything that hangs on them: one a community is what 0002 knows."""
    leave_one_column_a_community()
    for name in REFERENCES_OF_COLUMNS:
        op.drop_index(op.f(f'ix_grade_column_{name}'), 'grade_column')
    if op.get_bind().dialect.name == 'sqlite':
        put_back_into(grade_column_of_0002, COLUMNS_OF_0002)
    else:
        op.drop_constraint(op.f('uq_grade_column_community_id_measures'), 'grade_column', type_='unique')
        for column in columns_of_0003():
            op.drop_column('grade_column', column.name)
        op.create_unique_constraint(op.f('uq_grade_column_community_id'), 'grade_column', ['community_id'])
    for name in ('calendar', 'foreseen', 'reason'):
        op.drop_column('grading_policy', name)


def leave_one_column_a_community() -> None:
    of_newer_kinds = "SELECT id FROM grade_column WHERE kind <> 'participation'"
    theirs = f'SELECT id FROM line_item WHERE column_id IN ({of_newer_kinds})'
    op.execute(f'DELETE FROM score_delivery WHERE line_item_id IN ({theirs})')
    op.execute(f'DELETE FROM line_item WHERE column_id IN ({of_newer_kinds})')
    op.execute(f'DELETE FROM score_statement WHERE column_id IN ({of_newer_kinds})')
    op.execute("DELETE FROM grade_column WHERE kind <> 'participation'")


# The columns of `grade_column` that point somewhere, and where to.
REFERENCES_OF_COLUMNS = {'prompt_id': 'prompt', 'automatic_by_id': 'membership', 'paused_by_id': 'membership'}


def one_of_the_kinds() -> str:
    return 'kind IN ({})'.format(', '.join(f"'{kind}'" for kind in KINDS))


def columns_of_0003() -> list[sa.Column]:
    """What `grade_column` gains; the code of 0002 writes rows without it."""
    return [
        sa.Column('kind', sa.String(length=40), server_default=KINDS[0], nullable=False),
        sa.Column('measures', sa.String(length=40), server_default=KINDS[0], nullable=False),
        sa.Column('prompt_id', sa.Integer(), nullable=True),
        sa.Column('automatic_by_id', sa.Integer(), nullable=True),
        sa.Column('automatic_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('closed_period', sa.Integer(), nullable=True),
        sa.Column('paused_by_id', sa.Integer(), nullable=True),
        sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    ]


def grade_column_of_0002(*more: sa.schema.SchemaItem) -> None:
    unique = more or (sa.UniqueConstraint('community_id', name=op.f('uq_grade_column_community_id')),)
    op.create_table('grade_column',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('maximum', sa.Numeric(precision=9, scale=2), nullable=False),
    sa.Column('policy_id', sa.Integer(), nullable=False),
    sa.Column('switched_on_by_id', sa.Integer(), nullable=False),
    sa.Column('switched_on_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_grade_column_community_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['grading_policy.id'], name=op.f('fk_grade_column_policy_id')),
    sa.ForeignKeyConstraint(
        ['switched_on_by_id'], ['membership.id'], name=op.f('fk_grade_column_switched_on_by_id')
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grade_column')),
    sa.UniqueConstraint('uuid', name=op.f('uq_grade_column_uuid')),
    *unique,
    )
    for name in ('policy_id', 'switched_on_by_id'):
        op.create_index(op.f(f'ix_grade_column_{name}'), 'grade_column', [name])


def grade_column_of_0003() -> None:
    references = [
        sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_grade_column_{name}'))
        for name, table in REFERENCES_OF_COLUMNS.items()
    ]
    measures = op.f('uq_grade_column_community_id_measures')
    grade_column_of_0002(
        *columns_of_0003(),
        *references,
        sa.UniqueConstraint('community_id', 'measures', name=measures),
        sa.CheckConstraint(one_of_the_kinds(), name=op.f('ck_grade_column_kind')),
    )


def put_back_into(made_anew, columns: str) -> None:
    """Copy `grade_column` out, make it anew, copy it back: SQLite only (see the head of this file).

    Rows that point to it are looked at when the transaction ends, and find it again.
    """
    op.execute('PRAGMA defer_foreign_keys=ON')
    op.execute(f'CREATE TEMPORARY TABLE kept AS SELECT {columns} FROM grade_column')
    op.drop_table('grade_column')
    made_anew()
    op.execute(f'INSERT INTO grade_column ({columns}) SELECT {columns} FROM kept')
    op.execute('DROP TABLE kept')


def widen_deliveries() -> None:
    op.add_column('line_item', sa.Column('bound_label', sa.String(length=300), nullable=True))
    op.add_column('line_item', sa.Column('bound_maximum', sa.Numeric(precision=14, scale=5), nullable=True))
    op.add_column('line_item', sa.Column('check_lease_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('line_item', sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('line_item', sa.Column('results_unreadable', sa.Boolean(), nullable=True))
    op.add_column('line_item', sa.Column('unread_accepted_at', sa.DateTime(timezone=True), nullable=True))
    add_reference('line_item', 'unread_accepted_by_id', 'membership')
    op.execute(
        "UPDATE line_item SET bound_label = label, bound_maximum = maximum WHERE state = 'bound'"
    )
    op.add_column('score_delivery', sa.Column('replaced_value', sa.Numeric(precision=14, scale=5), nullable=True))
    op.add_column('score_delivery', sa.Column('replaced_maximum', sa.Numeric(precision=14, scale=5), nullable=True))
    op.add_column('score_delivery', sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True))
    add_reference('score_statement', 'decision_id', 'grade_decision')
    op.add_column('score_statement', sa.Column('comment', sa.Text(), nullable=True))
    op.add_column('score_statement', sa.Column('sent', sa.Boolean(), nullable=False, server_default=sa.true()))


def narrow_deliveries() -> None:
    # A release that knows of sent statements only must not take the others for such.
    op.execute('DELETE FROM score_statement WHERE NOT sent')
    op.drop_column('score_statement', 'sent')
    op.drop_column('score_statement', 'comment')
    drop_reference('score_statement', 'decision_id')
    for name in ('replaced_at', 'replaced_maximum', 'replaced_value'):
        op.drop_column('score_delivery', name)
    drop_reference('line_item', 'unread_accepted_by_id')
    for name in (
        'unread_accepted_at', 'results_unreadable', 'checked_at', 'check_lease_until',
        'bound_maximum', 'bound_label',
    ):
        op.drop_column('line_item', name)


def add_reference(table: str, name: str, to: str) -> None:
    """Add a column that points to a row of another table, in words that both databases know."""
    key = op.f(f'fk_{table}_{name}')
    op.execute(f'ALTER TABLE {table} ADD COLUMN {name} INTEGER CONSTRAINT {key} REFERENCES {to} (id)')
    op.create_index(op.f(f'ix_{table}_{name}'), table, [name])


def drop_reference(table: str, name: str) -> None:
    op.drop_index(op.f(f'ix_{table}_{name}'), table)
    op.drop_column(table, name)


def make_tables_of_assessment() -> None:
    op.create_table('assessment_fact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=20), nullable=False),
    sa.Column('prompt_id', sa.Integer(), nullable=True),
    sa.Column('deadline', sa.DateTime(timezone=True), nullable=True),
    sa.Column('period', sa.Integer(), nullable=True),
    sa.Column('rubric', sa.String(length=40), nullable=True),
    sa.Column('levels', sa.JSON(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['membership.id'], name=op.f('fk_assessment_fact_actor_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_assessment_fact_community_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_assessment_fact_member_id')),
    sa.ForeignKeyConstraint(['prompt_id'], ['prompt.id'], name=op.f('fk_assessment_fact_prompt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_fact'))
    )
    with op.batch_alter_table('assessment_fact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assessment_fact_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index('ix_assessment_fact_community_id_member_id', ['community_id', 'member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_assessment_fact_member_id'), ['member_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_assessment_fact_prompt_id'), ['prompt_id'], unique=False)

    op.create_table('grade_decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('column_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('decision', sa.Enum('override', 'reset', 'zero', 'no-zero', 'without-assessment', 'with-assessment', name='decision', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('value', sa.Numeric(precision=9, scale=2), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['column_id'], ['grade_column.id'], name=op.f('fk_grade_decision_column_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['membership.id'], name=op.f('fk_grade_decision_decided_by_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_grade_decision_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grade_decision'))
    )
    with op.batch_alter_table('grade_decision', schema=None) as batch_op:
        batch_op.create_index('ix_grade_decision_column_id_member_id', ['column_id', 'member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_grade_decision_decided_by_id'), ['decided_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_grade_decision_member_id'), ['member_id'], unique=False)

    op.create_table('feedback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('column_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('to_lms', sa.Boolean(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['membership.id'], name=op.f('fk_feedback_author_id')),
    sa.ForeignKeyConstraint(['column_id'], ['grade_column.id'], name=op.f('fk_feedback_column_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_feedback_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback'))
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_feedback_column_id_member_id', ['column_id', 'member_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_feedback_member_id'), ['member_id'], unique=False)

    op.create_table('score_question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=60), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['membership.id'], name=op.f('fk_score_question_answered_by_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_score_question_community_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_score_question_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_question'))
    )
    with op.batch_alter_table('score_question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_score_question_answered_by_id'), ['answered_by_id'], unique=False)
        batch_op.create_index('ix_score_question_community_id_answered_at', ['community_id', 'answered_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_question_member_id'), ['member_id'], unique=False)

    op.create_table('running_score',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('column_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('policy_id', sa.Integer(), nullable=False),
    sa.Column('stale', sa.Boolean(), nullable=False),
    sa.Column('good_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['column_id'], ['grade_column.id'], name=op.f('fk_running_score_column_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_running_score_member_id')),
    sa.ForeignKeyConstraint(['policy_id'], ['grading_policy.id'], name=op.f('fk_running_score_policy_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_running_score')),
    sa.UniqueConstraint('column_id', 'member_id', name=op.f('uq_running_score_column_id_member_id'))
    )
    with op.batch_alter_table('running_score', schema=None) as batch_op:
        batch_op.create_index('ix_running_score_good_until', ['good_until'], unique=False)
        batch_op.create_index(batch_op.f('ix_running_score_member_id'), ['member_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_running_score_policy_id'), ['policy_id'], unique=False)
        batch_op.create_index('ix_running_score_stale_column_id', ['stale', 'column_id'], unique=False)
    # Nothing is computed yet: the first worker does it, and fixes the final values of what is over already.
    op.execute(
        "INSERT INTO running_score (column_id, member_id, policy_id, stale, computed_at, summary) "
        "SELECT grade_column.id, membership.id, grade_column.policy_id, "
        f"{'true' if op.get_bind().dialect.name == 'postgresql' else '1'}, CURRENT_TIMESTAMP, '{{}}' "
        "FROM grade_column JOIN membership ON membership.community_id = grade_column.community_id"
    )
