"""Which questions fit what somebody was thanked for and chose."""

from lti_tool.knowledge.affinity import Ground, Strengths, Subject, Thanks, fit, significant_words

INTERVIEWS, FEEDBACK = 1, 2
THANKED = Thanks(by=7, title="Preparing interviews with a new team", topic=INTERVIEWS, tags=frozenset({5}))


class TestAQuestion:
    def test_fits_nobody_of_whom_nothing_is_known(self):
        assert fit(Strengths(), Subject("Preparing an interview", INTERVIEWS, frozenset({5}))) is None

    def test_without_a_topic_fits_no_thanks_without_one(self):
        assert fit(Strengths((Thanks(7, "Elsewhere", None),)), Subject("Something", None)) is None

    def test_fits_by_each_ground(self):
        asked = Subject("Something else", INTERVIEWS, frozenset({5, 6}))
        by = {
            Ground.THANKED_TOPIC: Strengths((Thanks(7, "Elsewhere", INTERVIEWS),)),
            Ground.HELPS: Strengths(helps=frozenset({INTERVIEWS})),
            Ground.THANKED_TAG: Strengths((Thanks(7, "Elsewhere", FEEDBACK, frozenset({6})),)),
            Ground.FOLLOWS: Strengths(follows=frozenset({INTERVIEWS})),
        }
        assert {ground: fit(strengths, asked).ground for ground, strengths in by.items()} == {
            ground: ground for ground in by
        }
        assert fit(by[Ground.THANKED_TAG], asked).tag == 6

    def test_fits_by_two_long_words_in_any_number_and_writing(self):
        strengths = Strengths((THANKED,))
        asked = Subject("How do you PREPARE an intervíew alone?", FEEDBACK)
        assert fit(strengths, asked).ground == Ground.THANKED_WORDS
        assert fit(strengths, Subject("An interview, please", FEEDBACK)) is None

    def test_says_the_strongest_reason_and_counts_all_of_them(self):
        follows = Strengths((THANKED,), follows=frozenset({INTERVIEWS}))
        both = fit(follows, Subject("Anything", INTERVIEWS))
        assert both.ground == Ground.THANKED_TOPIC and both.thanks is THANKED
        assert both.weight > fit(Strengths((THANKED,)), Subject("Anything", INTERVIEWS)).weight

    def test_names_the_latest_thanks(self):
        later = Thanks(by=8, title="Later", topic=INTERVIEWS)
        assert fit(Strengths((later, THANKED)), Subject("Anything", INTERVIEWS)).thanks is later


class TestSignificantWords:
    def test_are_the_beginnings_of_long_words(self):
        assert significant_words("L’équipe n’ose pas : entretiens, ENTRETIEN!") == {"equipe", "entret"}
