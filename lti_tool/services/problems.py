"""Why a score or a column did not get into the LMS, in codes that pages put into words."""

from enum import StrEnum


class Problem(StrEnum):
    """What is wrong, and by that who can mend it. At most 40 characters."""

    PLATFORM_UNAVAILABLE = "platform-unavailable"  # the LMS did not answer; tried again by itself
    CONFLICT = "conflict"  # the LMS refused two time stamps in a row; tried again by itself
    GIVEN_UP = "given-up"  # it did not answer many times in a row; a person must ask again
    NOT_IN_COURSE = "not-in-course"  # the LMS does not grade this person (any more)
    NO_LONGER_SCORED = "no-longer-scored"  # we do not: another role, or the enrolment has ended
    NOT_STORED = "score-not-stored"  # the LMS met an error of its own: a locked column in Moodle
    NOT_RENAMED = "not-renamed"  # the column works, under its old name
    COURSE_ELSEWHERE = "course-elsewhere"  # the course meets in another space: nothing goes to its gradebook
    BEING_REMOVED = "being-removed"  # a trainer has the column deleted in the LMS
    REMOVED = "removed"  # that is done
    NOT_REMOVED = "not-removed"  # the LMS does not do it, or shows another column in its place
    LINE_ITEM_GONE = "line-item-gone"  # the column was deleted in the LMS
    TOKEN_REFUSED = "token-refused"  # the LMS does not accept our key or client id
    SCOPE_MISSING = "scope-missing"  # the LMS does not let us do this
    SCORE_REFUSED = "score-refused"  # the LMS refused the score itself
    STAYS_THEIRS = "stays-theirs"  # the LMS took our value and still shows the teacher's
    CHANGED_THERE = "changed-there"  # somebody changed in the LMS what it had confirmed to us
    RESULTS_UNREADABLE = "results-unreadable"  # the LMS does not show us its grades: nothing can be compared
    NO_GRADE_SERVICE = "no-grade-service"  # this course's LMS offers no gradebook to us
    ACCESS_REFUSED = "access-refused"  # the LMS does not let this tool into this course
    OUTBOUND_FORBIDDEN = "outbound-forbidden"  # our operator does not allow calls to that address
    HTML_ANSWER = "html-answer"  # a page came instead of data: maintenance, a proxy, a login page
    ANSWER_UNREADABLE = "answer-unreadable"  # what came is not what the standard says
    REFUSED = "service-refused"  # the LMS said no otherwise; its own words tell


LONGEST_CODE = 40
LONGEST_DETAIL = 500


def code_of_outage(code: str) -> Problem:
    """Return what to tell of an LMS that could not be used for now: a page that came, else no answer."""
    return Problem.HTML_ANSWER if code == Problem.HTML_ANSWER else Problem.PLATFORM_UNAVAILABLE


def code_of(code: str) -> str:
    """Return a code that fits its column: ours, or the one that the call to the LMS gave."""
    return code[:LONGEST_CODE]


def detail_of(words: str) -> str | None:
    """Return the LMS's own words, short enough to be shown, None when there are none."""
    return words[:LONGEST_DETAIL] or None
