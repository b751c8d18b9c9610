"""What an operator sees of the platforms: launches, deployments that wait, a constant cost."""

from lti_tool import clock
from lti_tool.cli.platforms import _words
from lti_tool.services import platform_list, platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import reading, transaction
from tests.support.statements import counted
from tests.support.world import TOOL


class TestTheList:
    def seen(self, world):
        with world.app.app_context(), reading():
            line = platform_list.overview()[0]
            return line, "\n".join(_words(line))

    def test_says_when_somebody_last_came(self, world):
        assert self.seen(world)[0].last_launch is None
        world.enter("ines")
        line, words = self.seen(world)
        assert (clock.now() - line.last_launch).total_seconds() < 60
        assert "last launch 20" in words

    def test_does_not_count_who_was_refused_and_marks_what_waits(self, world):
        world.enter("ines")
        first = self.seen(world)[0].last_launch
        world.lms.settings.deployment_id = "second"
        browser = world.browser("karim")
        browser.launch(browser.launch_form())
        line, words = self.seen(world)
        assert line.last_launch == first
        assert [one.waits for one in line.deployments] == [False, True]
        assert "deployment second  tool.test  WAITING" in words

    def test_costs_the_same_for_one_as_for_twenty(self, world):
        alone = self.cost(world)
        with world.app.app_context(), transaction():
            for number in range(20):
                one = Registration(
                    "N", "https://lms.example", str(number), "x", "x", "x", deployment_ids=("1", "2")
                )
                platforms.add(one, None, TOOL, clock.now())
        assert self.cost(world) == alone

    def cost(self, world) -> int:
        with world.app.app_context(), reading(), counted() as sent:
            for line in platform_list.overview():
                _words(line)
        return len(sent)
