"""The book of everything stays open between questions, and is read anew as soon as a fact could change it."""

from services.reporting.queries.book import Library
from services.reporting.queries.reading import EVERYTHING, Scope
from shared.log.views import Views
from shared.runtime.principals import Grant, Principal
from tests.domain.reporting.facts import registered
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.stories import portfolio


async def test_a_new_fact_opens_a_new_book(tell: Tell, views: Views) -> None:
    story = portfolio()
    await tell(story)
    library = Library()
    async with views.reading() as connection:
        first = await library.book(connection, EVERYTHING)
        assert await library.book(connection, EVERYTHING) is first
    story.tell("2026-02-25", registered("s-9"))
    await tell(story)
    async with views.reading() as connection:
        second = await library.book(connection, EVERYTHING)
    assert len(second.systems) == len(first.systems) + 1


async def test_nobody_is_handed_the_book_of_somebody_who_sees_more(tell: Tell, views: Views) -> None:
    await tell(portfolio())
    library = Library()
    grants = (Grant("requester", "product_area", "Cards"),)
    narrow = Scope(Principal(person="p", issuer="i", subject="s", grants=grants).reach())
    async with views.reading() as connection:
        everything = await library.book(connection, EVERYTHING)
        some = await library.book(connection, narrow)
        assert await library.book(connection, EVERYTHING) is everything
    assert {one.system_id for one in some.systems} == {"s-1", "s-4", "s-5"}
    assert {one.review_id for one in some.reviews} == {"r-s-1"}
