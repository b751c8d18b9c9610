"""The community space: kinds of contributions, mutual help, finding, files, people, drafts.

Expands only: code of the revision before may run beside this, until the first contribution of a new kind.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

OLD_KINDS = ('discussion', 'question')
KINDS = (*OLD_KINDS, 'experience', 'idea', 'resource', 'poll', 'announcement')
IDEA_STATES = ('proposed', 'considered', 'retained', 'done', 'declined')
# In the order in which they point to each other.
TABLES = (
    'tag',
    'topic',
    'charter',
    'draft',
    'topic_standing',
    'charter_acceptance',
    'subgroup',
    'subgroup_member',
    'poll',
    'post_tag',
    'thread_reader',
    'attachment',
    'mention',
    'poll_ballot',
    'poll_option',
    'reaction',
    'search_document',
    'poll_choice',
)


def upgrade() -> None:
    make_tables()
    widen_posts()
    widen_comments()
    widen_people_and_communities()
    tell_which_questions_wait()
    make_the_search_index()


def downgrade() -> None:
    """What only the newer code understands goes; what people wrote stays, as discussions where it must."""
    close_what_sub_groups_wrote()
    kinds_of_posts(OLD_KINDS, KINDS)
    narrow()
    op.execute('DROP TABLE search_index')
    for name in reversed(TABLES):
        op.drop_table(name)


def close_what_sub_groups_wrote() -> None:
    """Delete it as its authors could have: the older code would show it to everybody. The words stay here."""
    theirs = 'SELECT id FROM post WHERE subgroup_id IS NOT NULL'
    op.execute(
        f'UPDATE comment SET deleted_at = CURRENT_TIMESTAMP WHERE deleted_at IS NULL AND post_id IN ({theirs})'
    )
    op.execute(
        'UPDATE post SET comment_count = 0, deleted_at = coalesce(deleted_at, CURRENT_TIMESTAMP)'
        ' WHERE subgroup_id IS NOT NULL'
    )


def one_of(column: str, values: tuple[str, ...]) -> str:
    return '{} IN ({})'.format(column, ', '.join(f"'{value}'" for value in values))


def kinds_of_posts(allowed: tuple[str, ...], before: tuple[str, ...]) -> None:
    """Say which kinds a post may have; those of other kinds become discussions.

    SQLite cannot change a constraint, and to copy every post for it takes a large community minutes. A CHECK
    is nothing but words in the schema, which its documentation (ALTER TABLE, 7) lets be written anew.
    """
    op.execute(f"UPDATE post SET kind = 'discussion' WHERE NOT ({one_of('kind', allowed)})")
    if op.get_bind().dialect.name != 'sqlite':
        op.drop_constraint(op.f('ck_post_kind'), 'post', type_='check')
        op.create_check_constraint(op.f('ck_post_kind'), 'post', one_of('kind', allowed))
        return
    connection = op.get_bind()
    version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
    connection.execute(sa.text('PRAGMA writable_schema=ON'))
    changed = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'post'"),
        {'old': f"CHECK ({one_of('kind', before)})", 'new': f"CHECK ({one_of('kind', allowed)})"},
    )
    assert changed.rowcount == 1
    connection.execute(sa.text(f'PRAGMA schema_version={version + 1}'))
    connection.execute(sa.text('PRAGMA writable_schema=OFF'))


def add_reference(table: str, name: str, to: str) -> None:
    """Add a column that points to a row of another table, in words that both databases know."""
    key = op.f(f'fk_{table}_{name}')
    op.execute(f'ALTER TABLE {table} ADD COLUMN {name} INTEGER CONSTRAINT {key} REFERENCES {to} (id)')


def add_count(table: str, name: str, at_first: str = '0', kind: type = sa.Integer) -> None:
    op.add_column(table, sa.Column(name, kind(), server_default=sa.text(at_first), nullable=False))


INDEXES_OF_POSTS = {
    'ix_post_community_id_last_activity_at': ['community_id', 'last_activity_at', 'id'],
    'ix_post_community_id_kind': ['community_id', 'kind', 'created_at', 'id'],
    'ix_post_topic_id_created_at': ['topic_id', 'created_at', 'id'],
    'ix_post_subgroup_id_created_at': ['subgroup_id', 'created_at', 'id'],
    'ix_post_author_id_created_at': ['author_id', 'created_at', 'id'],
    'ix_post_community_id_waits_since': ['community_id', 'waits_since', 'id'],
    'ix_post_topic_id_waits_since': ['topic_id', 'waits_since', 'id'],
    'ix_post_community_id_thread_helped_count': ['community_id', 'thread_helped_count', 'id'],
    'ix_post_community_id_pinned_until': ['community_id', 'pinned_until'],
    'ix_post_link_wanted_at': ['link_wanted_at'],
    'ix_post_idea_decided_by_id': ['idea_decided_by_id'],
}
COLUMNS_OF_POSTS = (
    ('parts', sa.JSON()),
    ('waits_since', sa.DateTime(timezone=True)),
    ('solved_at', sa.DateTime(timezone=True)),
    ('idea_reason', sa.Text()),
    ('idea_decided_at', sa.DateTime(timezone=True)),
    ('pinned_until', sa.DateTime(timezone=True)),
    ('link_url', sa.Text()),
    ('link_preview', sa.JSON()),
    ('link_wanted_at', sa.DateTime(timezone=True)),
)
COUNTS_OF_POSTS = (
    'answer_count',
    'helped_count',
    'met_count',
    'thread_helped_count',
    'vote_count',
    'link_attempts',
)
STAFF = "IN ('trainer', 'pedagogical_lead')"
SAID_TO_BE_STAFF = f'(launch_role {STAFF} OR lower_role {STAFF} OR roster_role {STAFF})'
INDEXES_OF_STAFF = (
    ('ix_enrolment_course_id_staff', 'enrolment', ['course_id', 'active'], SAID_TO_BE_STAFF),
    ('ix_membership_community_id_appointed', 'membership', ['community_id'], 'appointed_role IS NOT NULL'),
)
REFERENCES_OF_POSTS = {'topic_id': 'topic', 'subgroup_id': 'subgroup', 'idea_decided_by_id': 'membership'}


def widen_posts() -> None:
    kinds_of_posts(KINDS, OLD_KINDS)
    for name, table in REFERENCES_OF_POSTS.items():
        add_reference('post', name, table)
    for name, kind in COLUMNS_OF_POSTS:
        op.add_column('post', sa.Column(name, kind, nullable=True))
    for name in COUNTS_OF_POSTS:
        add_count('post', name)
    states = one_of('idea_state', IDEA_STATES)
    op.execute(
        f'ALTER TABLE post ADD COLUMN idea_state VARCHAR(40) CONSTRAINT ck_post_idea_state CHECK ({states})'
    )
    op.drop_index('ix_post_author_id', 'post')
    for name, columns in INDEXES_OF_POSTS.items():
        op.create_index(name, 'post', columns)
    unsolved = sa.text('solved_at IS NULL AND waits_since IS NULL AND deleted_at IS NULL')
    op.create_index(
        'ix_post_unsolved',
        'post',
        ['community_id', 'kind', 'created_at', 'id'],
        sqlite_where=unsolved,
        postgresql_where=unsolved,
    )
    op.add_column('revision', sa.Column('parts', sa.JSON(), nullable=True))
    for name in ('post_id', 'comment_id'):
        op.drop_index(f'ix_revision_{name}', 'revision')
        op.create_index(f'ix_revision_{name}', 'revision', [name, 'id'])
    op.add_column('change', sa.Column('subgroup_id', sa.Integer(), nullable=True))


def widen_comments() -> None:
    for name, table in (('parent_id', 'comment'), ('solves_id', 'post'), ('accepted_by_id', 'membership')):
        add_reference('comment', name, table)
    op.create_index('ix_comment_parent_id_created_at', 'comment', ['parent_id', 'created_at', 'id'])
    op.create_index(
        'ix_comment_solves_id',
        'comment',
        ['solves_id'],
        unique=True,
        sqlite_where=sa.text('solves_id IS NOT NULL'),
        postgresql_where=sa.text('solves_id IS NOT NULL'),
    )
    op.create_index('ix_comment_accepted_by_id', 'comment', ['accepted_by_id'])
    op.create_index(
        'ix_comment_post_id_parent_id_created_at', 'comment', ['post_id', 'parent_id', 'created_at', 'id']
    )
    add_count('comment', 'helped_count')
    op.add_column('comment', sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True))
    op.drop_index('ix_comment_author_id', 'comment')
    op.create_index('ix_comment_author_id_created_at', 'comment', ['author_id', 'created_at', 'id'])


COLUMNS_OF_ACCOUNTS = (
    ('picture_taken', sa.String(length=1000)),
    ('picture_key', sa.String(length=200)),
    ('picture_due_at', sa.DateTime(timezone=True)),
)


def widen_people_and_communities() -> None:
    add_count('community', 'answer_target_hours', '24')
    add_count('community', 'stored_bytes', kind=sa.BigInteger)
    for name in ('file_limit', 'storage_limit'):
        op.add_column('community', sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column('membership', sa.Column('welcomed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('membership', sa.Column('read_all_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('membership', sa.Column('asks_about', sa.String(length=500), nullable=True))
    op.add_column('membership', sa.Column('picture_key', sa.String(length=200), nullable=True))
    op.add_column(
        'membership', sa.Column('shortcuts', sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column('membership', sa.Column('reminders_rest_until', sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        'ix_membership_community_id_joined_at', 'membership', ['community_id', 'joined_at', 'id']
    )
    add_count('membership', 'initials_only', 'false', sa.Boolean)
    for name, kind in COLUMNS_OF_ACCOUNTS:
        op.add_column('user_account', sa.Column(name, kind, nullable=True))
    wanted = sa.text("coalesce(picture, '') <> coalesce(picture_taken, '')")
    op.create_index(
        'ix_user_account_picture_due_at',
        'user_account',
        ['picture_due_at', 'id'],
        sqlite_where=wanted,
        postgresql_where=wanted,
    )
    for name, table, columns, which in INDEXES_OF_STAFF:
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    # Who has been here is no newcomer.
    op.execute('UPDATE membership SET welcomed_at = last_seen_at')


def tell_which_questions_wait() -> None:
    """Count the replies of others to each question, and note since when those without one wait."""
    op.execute(
        'UPDATE post SET answer_count = (SELECT count(*) FROM comment WHERE comment.post_id = post.id'
        ' AND comment.author_id <> post.author_id AND comment.deleted_at IS NULL)'
    )
    op.execute(
        "UPDATE post SET waits_since = created_at WHERE kind = 'question' AND answer_count = 0"
        ' AND deleted_at IS NULL'
    )


def make_the_search_index() -> None:
    """Each database searches in its own way; what was written so far a worker reads into the index.

    In the index stand whole terms, which services.search_index makes: neither database takes words apart.
    Where they stand in a text is not kept. The numbers are those of search_document, the oldest the lowest.
    """
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            'CREATE VIRTUAL TABLE search_index'
            " USING fts5(terms, detail=none, columnsize=0, tokenize=\"ascii tokenchars '_'\")"
        )
    else:
        document = 'REFERENCES search_document (id) ON DELETE CASCADE'
        op.execute(f'CREATE TABLE search_index (rowid INTEGER PRIMARY KEY {document}, terms TSVECTOR NOT NULL)')
        # Without a list of what is to be put in later: every search would go through all of it.
        op.execute('CREATE INDEX ix_search_index_terms ON search_index USING gin (terms) WITH (fastupdate = off)')
    op.execute(
        'INSERT INTO search_document (community_id, post_id, comment_id, wanted_at)'
        " SELECT community_id, post_id, comment_id, '2000-01-01 00:00:00.000000' FROM ("
        'SELECT community_id, id AS post_id, CAST(NULL AS INTEGER) AS comment_id, created_at'
        ' FROM post WHERE deleted_at IS NULL'
        ' UNION ALL SELECT community_id, post_id, id, created_at FROM comment WHERE deleted_at IS NULL'
        ') AS written ORDER BY created_at'
    )


def narrow() -> None:
    for name, table, *_ in INDEXES_OF_STAFF:
        op.drop_index(name, table)
    op.drop_index('ix_user_account_picture_due_at', 'user_account')
    for name, _ in COLUMNS_OF_ACCOUNTS:
        op.drop_column('user_account', name)
    op.drop_column('membership', 'initials_only')
    op.drop_index('ix_membership_community_id_joined_at', 'membership')
    names = ('reminders_rest_until', 'shortcuts', 'picture_key', 'asks_about', 'read_all_at', 'welcomed_at')
    for name in names:
        op.drop_column('membership', name)
    for name in ('storage_limit', 'file_limit', 'stored_bytes', 'answer_target_hours'):
        op.drop_column('community', name)
    op.create_index('ix_comment_author_id', 'comment', ['author_id'])
    op.drop_index('ix_comment_author_id_created_at', 'comment')
    for name in ('parent_id_created_at', 'post_id_parent_id_created_at', 'solves_id', 'accepted_by_id'):
        op.drop_index(f'ix_comment_{name}', 'comment')
    for name in ('parent_id', 'solves_id', 'accepted_by_id', 'accepted_at', 'helped_count'):
        op.drop_column('comment', name)
    op.drop_column('change', 'subgroup_id')
    op.drop_column('revision', 'parts')
    for name in ('post_id', 'comment_id'):
        op.drop_index(f'ix_revision_{name}', 'revision')
        op.create_index(f'ix_revision_{name}', 'revision', [name])
    op.create_index('ix_post_author_id', 'post', ['author_id'])
    for name in ('ix_post_unsolved', *INDEXES_OF_POSTS):
        op.drop_index(name, 'post')
    references, columns = tuple(REFERENCES_OF_POSTS), tuple(name for name, _ in COLUMNS_OF_POSTS)
    for name in ('idea_state', *COUNTS_OF_POSTS, *columns, *references):
        op.drop_column('post', name)


def make_tables() -> None:
    op.create_table('tag',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('folded', sa.String(length=40), nullable=False),
    sa.Column('post_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_tag_community_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tag')),
    sa.UniqueConstraint('community_id', 'folded', name=op.f('uq_tag_community_id_folded'))
    )
    op.create_table('topic',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('folded', sa.String(length=80), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_topic_community_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topic')),
    sa.UniqueConstraint('community_id', 'folded', name=op.f('uq_topic_community_id_folded'))
    )
    op.create_table('charter',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('written_by_id', sa.Integer(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_charter_community_id')),
    sa.ForeignKeyConstraint(['written_by_id'], ['membership.id'], name=op.f('fk_charter_written_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charter')),
    sa.UniqueConstraint('community_id', 'number', name=op.f('uq_charter_community_id_number'))
    )
    with op.batch_alter_table('charter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_charter_written_by_id'), ['written_by_id'], unique=False)

    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('page', sa.String(length=40), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('discarded_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_draft_community_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_draft_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('member_id', 'place', name=op.f('uq_draft_member_id_place'))
    )
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_draft_discarded_at'), ['discarded_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_draft_updated_at'), ['updated_at'], unique=False)

    op.create_table('topic_standing',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('topic_id', sa.Integer(), nullable=False),
    sa.Column('attention', sa.Enum('followed', 'muted', name='attention', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('helps', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_topic_standing_member_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_topic_standing_topic_id')),
    sa.PrimaryKeyConstraint('member_id', 'topic_id', name=op.f('pk_topic_standing'))
    )
    with op.batch_alter_table('topic_standing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_topic_standing_topic_id'), ['topic_id'], unique=False)

    op.create_table('charter_acceptance',
    sa.Column('charter_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['charter_id'], ['charter.id'], name=op.f('fk_charter_acceptance_charter_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_charter_acceptance_member_id')),
    sa.PrimaryKeyConstraint('charter_id', 'member_id', name=op.f('pk_charter_acceptance'))
    )
    with op.batch_alter_table('charter_acceptance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_charter_acceptance_member_id'), ['member_id'], unique=False)

    op.create_table('subgroup',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('folded', sa.String(length=80), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('course_group_id', sa.Integer(), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_subgroup_community_id')),
    sa.ForeignKeyConstraint(['course_group_id'], ['course_group.id'], name=op.f('fk_subgroup_course_group_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by_id'], ['membership.id'], name=op.f('fk_subgroup_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subgroup')),
    sa.UniqueConstraint('community_id', 'folded', name=op.f('uq_subgroup_community_id_folded')),
    sa.UniqueConstraint('course_group_id', name=op.f('uq_subgroup_course_group_id'))
    )
    with op.batch_alter_table('subgroup', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subgroup_created_by_id'), ['created_by_id'], unique=False)

    op.create_table('subgroup_member',
    sa.Column('subgroup_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_subgroup_member_member_id')),
    sa.ForeignKeyConstraint(['subgroup_id'], ['subgroup.id'], name=op.f('fk_subgroup_member_subgroup_id')),
    sa.PrimaryKeyConstraint('subgroup_id', 'member_id', name=op.f('pk_subgroup_member'))
    )
    with op.batch_alter_table('subgroup_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subgroup_member_member_id'), ['member_id'], unique=False)

    op.create_table('poll',
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('multiple', sa.Boolean(), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('results', sa.Enum('always', 'voted', 'closed', name='results', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ballot_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_poll_post_id')),
    sa.PrimaryKeyConstraint('post_id', name=op.f('pk_poll'))
    )
    op.create_table('post_tag',
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('tag_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_post_tag_post_id')),
    sa.ForeignKeyConstraint(['tag_id'], ['tag.id'], name=op.f('fk_post_tag_tag_id')),
    sa.PrimaryKeyConstraint('post_id', 'tag_id', name=op.f('pk_post_tag'))
    )
    with op.batch_alter_table('post_tag', schema=None) as batch_op:
        batch_op.create_index('ix_post_tag_tag_id_created_at', ['tag_id', 'created_at', 'post_id'], unique=False)

    op.create_table('thread_reader',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attention', sa.Enum('followed', 'muted', name='attention', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('bookmarked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_thread_reader_member_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_thread_reader_post_id')),
    sa.PrimaryKeyConstraint('member_id', 'post_id', name=op.f('pk_thread_reader'))
    )
    with op.batch_alter_table('thread_reader', schema=None) as batch_op:
        batch_op.create_index('ix_thread_reader_member_id_attention', ['member_id', 'attention', 'post_id'], unique=False)
        batch_op.create_index('ix_thread_reader_member_id_bookmarked_at', ['member_id', 'bookmarked_at', 'post_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_thread_reader_post_id'), ['post_id'], unique=False)

    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=True),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('alt', sa.String(length=300), nullable=True),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('small_key', sa.String(length=200), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_picture', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_attachment_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_attachment_community_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_attachment_member_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_attachment_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('key', name=op.f('uq_attachment_key'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachment_comment_id'), ['comment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attachment_community_id'), ['community_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attachment_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_attachment_deleted_at'), ['deleted_at'], unique=False)
        batch_op.create_index('ix_attachment_member_id_created_at', ['member_id', 'created_at'], unique=False)
        batch_op.create_index('ix_attachment_post_id', ['post_id', 'comment_id', 'position'], unique=False)
        batch_op.create_index('ix_attachment_unclaimed', ['created_at'], unique=False, sqlite_where=sa.text('post_id IS NULL AND deleted_at IS NULL'), postgresql_where=sa.text('post_id IS NULL AND deleted_at IS NULL'))

    op.create_table('mention',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('written_by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['written_by_id'], ['membership.id'], name=op.f('fk_mention_written_by_id')),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_mention_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_mention_community_id')),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_mention_member_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_mention_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention'))
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_written_by_id'), ['written_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mention_comment_id'), ['comment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mention_community_id'), ['community_id'], unique=False)
        batch_op.create_index('ix_mention_member_id_at', ['member_id', 'at', 'id'], unique=False)
        batch_op.create_index('ix_mention_post_id_comment_id', ['post_id', 'comment_id'], unique=False)

    op.create_table('poll_ballot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['membership.id'], name=op.f('fk_poll_ballot_member_id')),
    sa.ForeignKeyConstraint(['post_id'], ['poll.post_id'], name=op.f('fk_poll_ballot_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poll_ballot')),
    sa.UniqueConstraint('post_id', 'member_id', name=op.f('uq_poll_ballot_post_id_member_id'))
    )
    with op.batch_alter_table('poll_ballot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_poll_ballot_member_id'), ['member_id'], unique=False)

    op.create_table('poll_option',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('vote_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['poll.post_id'], name=op.f('fk_poll_option_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poll_option')),
    sa.UniqueConstraint('post_id', 'position', name=op.f('uq_poll_option_post_id_position'))
    )
    op.create_table('reaction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('giver_id', sa.Integer(), nullable=False),
    sa.Column('receiver_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('helped', 'met', 'vote', 'endorsed', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('topic_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('counted', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_reaction_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_reaction_community_id')),
    sa.ForeignKeyConstraint(['giver_id'], ['membership.id'], name=op.f('fk_reaction_giver_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_reaction_post_id')),
    sa.ForeignKeyConstraint(['receiver_id'], ['membership.id'], name=op.f('fk_reaction_receiver_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_reaction_topic_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reaction')),
    sa.UniqueConstraint('comment_id', 'giver_id', 'kind', name=op.f('uq_reaction_comment_id_giver_id_kind')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('reaction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reaction_community_id'), ['community_id'], unique=False)
        batch_op.create_index('ix_reaction_giver_id_at', ['giver_id', 'at'], unique=False)
        batch_op.create_index('ix_reaction_post_id_giver_id', ['post_id', 'giver_id'], unique=False)
        batch_op.create_index('ix_reaction_post_id_kind', ['post_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_reaction_receiver_id_at', ['receiver_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_reaction_topic_id'), ['topic_id'], unique=False)
        batch_op.create_index('uq_reaction_post_id_giver_id_kind', ['post_id', 'giver_id', 'kind'], unique=True, sqlite_where=sa.text('comment_id IS NULL'), postgresql_where=sa.text('comment_id IS NULL'))

    op.create_table('search_document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_search_document_comment_id')),
    sa.ForeignKeyConstraint(['community_id'], ['community.id'], name=op.f('fk_search_document_community_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_search_document_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_document')),
    sa.UniqueConstraint('comment_id', name=op.f('uq_search_document_comment_id'))
    )
    with op.batch_alter_table('search_document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_document_community_id'), ['community_id'], unique=False)
        batch_op.create_index('ix_search_document_wanted_at', ['wanted_at', 'id'], unique=False, sqlite_where=sa.text('wanted_at IS NOT NULL'), postgresql_where=sa.text('wanted_at IS NOT NULL'))
        batch_op.create_index('uq_search_document_post_id', ['post_id'], unique=True, sqlite_where=sa.text('comment_id IS NULL'), postgresql_where=sa.text('comment_id IS NULL'))

    op.create_table('poll_choice',
    sa.Column('ballot_id', sa.Integer(), nullable=False),
    sa.Column('option_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ballot_id'], ['poll_ballot.id'], name=op.f('fk_poll_choice_ballot_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['option_id'], ['poll_option.id'], name=op.f('fk_poll_choice_option_id')),
    sa.PrimaryKeyConstraint('ballot_id', 'option_id', name=op.f('pk_poll_choice'))
    )
    with op.batch_alter_table('poll_choice', schema=None) as batch_op:
        batch_op.create_index('ix_poll_choice_option_id', ['option_id'], unique=False)
