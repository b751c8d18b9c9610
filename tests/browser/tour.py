"""Somebody who goes round all the pages."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.campus import Campus
from tests.browser.people import Community, Visitor

TEXT = "Le lundi, l’équipe se retrouve : **chacun dit ce qui bloque**, puis on avance.\n\n- un\n- deux"


@dataclass(frozen=True)
class Tour:
    """Somebody who can be anybody: `visitor` is not signed in, `member` is in a community as a person."""

    campus: Campus
    visitor: Callable[..., Visitor]
    member: Callable[[str, str], Community]
    language: str = "fr"

    def alone(self, address: str) -> Page:
        """Open an address of the tool without being signed in."""
        page = self.visitor().new_tab()
        page.goto(self.campus.addresses.tool + address)
        return page

    def in_lms(self, person: str, address: str) -> Page:
        """Open an address of the LMS as somebody."""
        page = self.visitor().is_in_lms(person).new_tab()
        page.goto(self.campus.addresses.lms + address)
        return page

    def course_of(self, *learners: str) -> str:
        """Open a course of one's own, so that nobody else writes there."""
        return self.campus.open_course(*learners, locale=self.language)


PageOf = Callable[[Tour], Page]
