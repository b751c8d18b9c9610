"""What must be so in the database whatever died meanwhile: each launch and each post whole, or absent."""

# Each finds rows that would be half of something; none may ever be there.
HALVES = {
    "a post without its fact": """
        SELECT p.id FROM post p LEFT JOIN contribution_fact f ON f.post_id = p.id AND f.comment_id IS NULL
        WHERE f.id IS NULL""",
    "a post without its change": """
        SELECT p.id FROM post p LEFT JOIN change c ON c.post_id = p.id AND c.comment_id IS NULL
        WHERE c.id IS NULL""",
    "a fact without its contribution": """
        SELECT f.id FROM contribution_fact f LEFT JOIN post p ON p.id = f.post_id WHERE p.id IS NULL""",
    "a seat without membership": """
        SELECT s.id FROM seat s LEFT JOIN membership m
        ON m.user_id = s.user_id AND m.community_id = s.community_id WHERE m.id IS NULL""",
    "a seat without enrolment": """
        SELECT s.id FROM seat s LEFT JOIN enrolment e
        ON e.user_id = s.user_id AND e.course_id = s.course_id WHERE e.id IS NULL""",
    "a person let in without a line in the launch log": """
        SELECT s.id FROM seat s LEFT JOIN launch_record r
        ON r.user_id = s.user_id AND r.course_id = s.course_id WHERE r.id IS NULL""",
    "a line in the launch log of somebody without a seat": """
        SELECT r.id FROM launch_record r LEFT JOIN seat s
        ON s.user_id = r.user_id AND s.course_id = r.course_id
        WHERE r.outcome = 'admitted' AND r.user_id IS NOT NULL AND s.id IS NULL""",
    "a course without community": "SELECT id FROM course WHERE community_id IS NULL",
}


def halves(rows) -> dict[str, list]:
    """Return what is half there, by its name; `rows` runs a SELECT."""
    found = {what: rows(statement) for what, statement in HALVES.items()}
    return {what: ids for what, ids in found.items() if ids}
