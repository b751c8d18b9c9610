"""Which origins may frame the answers to a launch."""

from lti_tool.lti import frames

ISSUER, LOGIN, RETURN = "https://lms.test", "https://sso.lms.test/auth", "https://school.lms.test/course/5"


def of(known, *named):
    return frames.of_launch((ISSUER, LOGIN), named, known)


class TestWhoMayFrame:
    def test_are_the_registration_and_what_a_signed_launch_names(self):
        found = of({}, RETURN, None, "not an address", "javascript:alert(1)")
        assert found.origins == ("https://lms.test", "https://sso.lms.test", "https://school.lms.test")
        assert found.learned == ("https://school.lms.test",)

    def test_are_those_added_by_hand_as_well(self):
        assert of({"https://portal.test": True}).origins[-1] == "https://portal.test"

    def test_are_not_those_that_were_refused_though_launches_name_them(self):
        found = of({"https://school.lms.test": False}, RETURN)
        assert "https://school.lms.test" not in found.origins
        assert found.learned == ()

    def test_always_are_those_of_the_registration(self):
        assert "https://lms.test" in of({"https://lms.test": False}).origins

    def test_are_no_more_than_a_header_carries(self):
        many = {f"https://{number}.test": True for number in range(60)}
        found = of(many, RETURN)
        assert len(found.origins) == frames.MOST
        assert found.learned == ()
        assert found.origins[:3] == ("https://lms.test", "https://sso.lms.test", "https://school.lms.test")


class TestWhatIsKnown:
    def test_is_read_from_one_text(self):
        text = "https://a.test !https://b.test http://[::1]:8000"
        assert frames.decided(text) == {
            "https://a.test": True,
            "https://b.test": False,
            "http://[::1]:8000": True,
        }
        assert frames.decided(None) == {}
