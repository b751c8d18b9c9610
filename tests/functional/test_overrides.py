"""In what a community differs from the table of permissions: what may be decided, and that it holds."""

import pytest
from sqlalchemy import update

from lti_tool import act_words
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Community, CommunityState, Role
from lti_tool.permissions import OVERRIDABLE, TABLE, Act, allows, by_default, roles_that_may
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.support.statements import counted
from tests.support.world import ENGLISH

LEARNER, TRAINER, LEAD, MANAGER = (
    Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD, Role.COMMUNITY_MANAGER
)  # fmt: skip
GUEST = Role.GUEST_EXPERT
PAGE = "space/permissions"
DECIDABLE = [(act, role) for act, roles in OVERRIDABLE.items() for role in roles]


@pytest.fixture
def decides(space):
    """Let a trainer decide about an act and a role, by the button of the page that says what it does."""

    def decide(act: Act, role: Role, person: str = "claire"):
        shown = english(space, person).get(f"{PAGE}/{act}/{role}")
        assert shown.status == 200, shown.text
        form = shown.soup.select_one("form[action*='/space/permissions/']")
        address = f"{PAGE}/{act}/{role}"
        return space.home(person).post(address, allowed=form.select_one("[name=allowed]")["value"])

    return decide


def english(space, person: str):
    space.home(person).post("preferences/language", language="en")
    return space.home(person)


def put(space, overrides) -> None:
    """Write what no page would."""
    space.home("claire")
    with space.world.app.app_context(), transaction():
        db.session.execute(update(Community).values(permission_overrides=overrides))


def line_of(page, act: Act):
    wanted = act_words.act_name(act)
    return next(row for row in page.soup.select("tbody tr") if row.select_one("th").text == wanted)


class TestWhatMayBeDecided:
    """The bounds that no community can leave, whatever its row says."""

    def test_is_never_about_learners_sponsors_or_observers_nor_trainers(self):
        about = {role for roles in OVERRIDABLE.values() for role in roles}
        assert about <= {LEAD, MANAGER, GUEST}

    def test_is_nothing_that_grades_appoints_ends_a_membership_or_moves_the_space(self):
        never = {
            *(Act.MANAGE_GRADES, Act.SEE_OWN_GRADE, Act.APPOINT, Act.READ_ROSTER, Act.EXCLUDE),
            *(Act.LEAD_LIFE, Act.SET_PERMISSIONS, Act.PLACE_CONTENT, Act.SEE_ALL_SUBGROUPS, Act.READ),
            *(Act.READ_SHARED, Act.READ_CHARTER, Act.ARRANGE, Act.MODERATE, Act.REPORT),
        }
        assert not never & set(OVERRIDABLE)

    def test_has_its_words(self, app):
        with app.test_request_context():
            assert act_words.complete()

    def test_holds_for_nothing_else_that_a_row_may_say(self):
        everything = {act.value: {role.value: True for role in Role} for act in Act}
        nothing = {act.value: {role.value: False for role in Role} for act in Act}
        for overrides in (everything, nothing, {"read": "x"} | everything):
            for state in CommunityState:
                for act in Act:
                    for role in Role:
                        if (act, role) not in DECIDABLE:
                            assert allows(role, act, state, overrides) == (role in TABLE[state][act])

    def test_is_nothing_where_the_row_makes_no_sense(self):
        for said in (None, {}, {"post.write": {}}, {"post.write": {GUEST.value: "yes"}}):
            assert not allows(GUEST, Act.WRITE_POST, CommunityState.OPEN, said)

    @pytest.mark.parametrize(("act", "role"), DECIDABLE, ids=str)
    def test_narrows_with_the_state_as_the_table_does(self, act, role):
        yes = {act.value: {role.value: True}}
        for state in CommunityState:
            beforehand = state in (CommunityState.DRAFT, CommunityState.PREPARING)
            expected = any(TABLE[state][act]) and (role is not GUEST or not beforehand)
            assert allows(role, act, state, yes) == expected, state
        assert role in roles_that_may(act, CommunityState.OPEN, yes)
        assert not allows(role, act, CommunityState.OPEN, {act.value: {role.value: False}})


class TestThePage:
    def test_says_that_nothing_differs(self, space):
        page = english(space, "claire").get(PAGE)
        assert "Nothing: here it is as in every space." in page.text
        assert len(page.soup.select("tbody tr")) == len(DECIDABLE) and not page.soup.select(".badge.warn")
        assert page.soup.select_one("form[action*='/usual']") is None
        assert space.home("claire").get("space").soup.select_one(f"a[href*='{PAGE}']")

    def test_says_what_differs_in_words(self, space, decides):
        decides(Act.WRITE_POST, GUEST)
        page = english(space, "claire").get(PAGE)
        told = "Guest experts may here, and usually may not: write contributions of their own."
        assert told in page.text
        row = line_of(page, Act.WRITE_POST)
        cells = [" ".join(cell.text.split()) for cell in row.select("td")]
        assert cells[:3] == ["Guest experts", "they may not", "they may differs"]
        assert "Back to the usual" in cells[3]

    def test_before_a_change_says_what_it_does_and_to_whom(self, space):
        space.home_of(MANAGER)
        page = english(space, "claire").get(f"{PAGE}/{Act.SET_PROMPT}/{MANAGER}")
        assert "they may no longer do it: set prompts" in page.text
        assert "It concerns 1 person:" in page.text and space.name("karim") in page.text
        page = english(space, "claire").get(f"{PAGE}/{Act.WRITE_POST}/{GUEST}")
        assert "Nobody has this role at present." in page.text

    def test_is_shown_to_managers_who_change_nothing(self, space):
        manager = space.home_of(MANAGER)
        page = manager.get(PAGE)
        assert page.status == 200 and not page.soup.select("tbody a, main form")
        assert manager.get(f"{PAGE}/{Act.SET_PROMPT}/{MANAGER}").status == 403
        for address in (f"{PAGE}/{Act.SET_ZONE}/{MANAGER}", f"{PAGE}/usual"):
            assert manager.post(address, allowed="true").status == 403
        assert space.count(Community, Community.permission_overrides.is_not(None)) == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            f"{Act.WRITE_POST}/{Role.SPONSOR}",
            f"{Act.MANAGE_GRADES}/{MANAGER}",
            f"{Act.READ}/{Role.OBSERVER}",
            f"{Act.ANNOUNCE}/{TRAINER}",
            "nothing/nobody",
        ],
    )
    def test_knows_nothing_of_what_no_space_decides(self, space, wrong):
        assert space.home("claire").get(f"{PAGE}/{wrong}").status == 404
        assert space.home("claire").post(f"{PAGE}/{wrong}", allowed="true").status == 404

    def test_costs_no_more_for_what_differs(self, space, decides):
        def cost(below: str) -> int:
            home = space.home("claire")
            with space.world.app.app_context(), counted() as sent:
                assert home.get(below).status == 200
            return len(sent)

        pages = ("", PAGE, "members", "prompts")
        before = [cost(below) for below in pages]
        for act, role in DECIDABLE:
            decides(act, role)
        assert [cost(below) for below in pages] == before


class TestAChange:
    def test_is_noted_once_and_told_in_the_audit_log(self, space, decides):
        decides(Act.WRITE_POST, GUEST)
        space.home("claire").post(f"{PAGE}/{Act.WRITE_POST}/{GUEST}", allowed="true")
        assert space.count(AuditEntry, AuditEntry.act == "community.permission-changed") == 1
        decides(Act.SET_PROMPT, MANAGER)
        space.home("claire").post(f"{PAGE}/usual")
        space.home("claire").post(f"{PAGE}/usual")
        log = english(space, "claire").get("audit").text
        assert "decided that the role “guest expert” may: write contributions of their own." in log
        assert "decided that the role “community manager” may not: set prompts" in log
        assert "brought 2 permissions back to the usual." in log
        assert space.count(AuditEntry, AuditEntry.act == "community.permissions-usual") == 1

    def test_back_to_the_default_leaves_nothing_behind(self, space, decides):
        for _ in range(2):
            decides(Act.SET_ZONE, MANAGER)
        assert space.count(Community, Community.permission_overrides.is_not(None)) == 0
        decides(Act.SET_ZONE, MANAGER)
        decides(Act.SET_PROMPT, MANAGER)
        page = space.home("claire").post(f"{PAGE}/usual")
        assert not page.soup.select(".badge.warn")
        assert space.count(Community, Community.permission_overrides.is_not(None)) == 0

    def test_by_a_pedagogical_lead_holds_as_well(self, space, decides):
        space.home_of(LEAD)
        decides(Act.SET_ZONE, MANAGER, person="bruno")
        assert space.home_of(MANAGER).post("zone", time_zone="Europe/Berlin").status == 200

    def test_of_one_space_holds_in_no_other(self, space, decides):
        elsewhere = space.home("claire").browser.open_community(ENGLISH)
        decides(Act.ACCEPT_ANY, LEAD)
        assert space.home("claire").get(PAGE).soup.select(".badge.warn")
        page = elsewhere.get(PAGE)
        assert page.status == 200 and not page.soup.select(".badge.warn")


class TestWhatHolds:
    """Each at the door that it opens or closes; the table itself is tried by the walk over the URL map."""

    def test_guests_write_contributions(self, space, decides):
        guest = space.home_of(GUEST)
        sent = {"kind": "discussion", "title": "From outside", "body": "How we do it."}
        assert guest.post("posts", **sent).status == 403
        assert guest.get("").soup.select_one("main a[href*='/posts/new']") is None
        decides(Act.WRITE_POST, GUEST)
        assert guest.get("discussions").soup.select_one("main a[href*='/posts/new']")
        assert "From outside" in guest.post("posts", **sent).text
        decides(Act.WRITE_POST, GUEST)
        refused = guest.post("posts", **sent)
        assert refused.status == 403 and "How we do it." in refused.text

    def test_leads_say_what_solved_a_question(self, space, decides):
        thread = space.write("ines")
        reply = space.reply("hugo", thread)
        number = reply.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")
        address = f"posts/{id_of(thread)}/comments/{number}/acceptance"
        lead = space.home_of(LEAD)
        assert lead.post(address).status == 403
        decides(Act.ACCEPT_ANY, LEAD)
        assert lead.post(address).status == 200

    @pytest.mark.parametrize(
        ("act", "below", "fields"),
        [
            (Act.ANNOUNCE, "posts", {"kind": "announcement", "title": "Room 12", "body": "At nine."}),
            (Act.SET_PROMPT, "prompts", {"title": "Try it", "body": "And tell."}),
        ],
        ids=["announce", "prompt"],
    )
    def test_managers_no_longer_do_what_was_taken(self, space, decides, act, below, fields):
        manager = space.home_of(MANAGER)
        assert manager.post(below, **fields).status == 200
        decides(act, MANAGER)
        refused = manager.post(below, **fields)
        assert refused.status == 403
        badges = [one.text for one in refused.soup.select(".badge")]
        assert "Community manager" not in badges and "Gestionnaire de communauté" not in badges and badges

    def test_managers_no_longer_decide_about_ideas(self, space, decides):
        idea = space.write("ines", kind="idea", title="A wall", body="Of thanks.")
        decides(Act.DECIDE_IDEA, MANAGER)
        manager = space.home_of(MANAGER)
        assert manager.post(f"posts/{id_of(idea)}/decision", state="done").status == 403
        assert manager.get(f"posts/{id_of(idea)}").soup.select_one("form[action*='/decision']") is None
        assert space.home("claire").post(f"posts/{id_of(idea)}/decision", state="done").status == 200

    def test_managers_no_longer_mute(self, space, decides):
        space.home("hugo")
        manager, number = space.home_of(MANAGER), space.number("hugo")
        decides(Act.MUTE, MANAGER)
        for below in (f"members/{number}/moderation", "moderation/members"):
            assert manager.get(below).status == 403
        page = manager.get("moderation")
        assert page.status == 200 and page.soup.select_one("main a[href*='/moderation/members']") is None
        assert manager.get(f"members/{number}").soup.select_one(f"a[href*='members/{number}/mod']") is None

    def test_managers_no_longer_see_visits(self, space, decides):
        manager = space.home_of(MANAGER)
        seen = {len(manager.get("members").soup.select("th[scope=col]"))}
        decides(Act.SEE_VISITS, MANAGER)
        assert len(manager.get("members", view="table").soup.select("th[scope=col]")) not in seen

    def test_managers_no_longer_read_the_audit_log(self, space, decides):
        manager = space.home_of(MANAGER)
        assert manager.get("audit").status == 200
        decides(Act.READ_AUDIT, MANAGER)
        for below in ("audit", "audit.csv", "audit.json"):
            assert manager.get(below).status == 403
        for page in ("", "space"):
            assert manager.get(page).soup.select_one("a[href*='/audit']") is None

    def test_managers_set_the_zone(self, space, decides):
        manager = space.home_of(MANAGER)
        assert manager.post("zone", time_zone="Europe/Berlin").status == 403
        decides(Act.SET_ZONE, MANAGER)
        assert manager.get("space").soup.select_one("select[name=time_zone]")
        assert manager.post("zone", time_zone="Europe/Berlin").status == 200

    def test_ends_for_somebody_whose_appointment_ends(self, space, decides):
        decides(Act.SET_ZONE, MANAGER)
        manager = space.home_of(MANAGER)
        space.appoint("karim", None)
        assert manager.post("zone", time_zone="Europe/Berlin").status == 403

    def test_nothing_that_was_forged_into_the_row_holds(self, space):
        put(space, {act.value: {role.value: True for role in Role} for act in Act})
        ines, sponsor = space.home("ines"), space.home_of(Role.SPONSOR)
        for home in (ines, sponsor):
            for below in ("grading", "audit", "space", PAGE, "moderation"):
                assert home.get(below).status == 403
        assert sponsor.get("members").status == 403 and sponsor.get("discussions").status == 403
        assert by_default(LEARNER, Act.READ)
