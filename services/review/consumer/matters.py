"""Rows of what people rule on, reviews and overrides alike: who may not rule, and where each has ruled."""

from sqlalchemy import Connection, delete, insert

from services.review.domain.matter import Ruling, rulers
from services.review.tables import ruled, standing_aside
from shared.log.lease import insert_free


def stand_aside(connection: Connection, matter_id: str, *people: str | None) -> None:
    """These rule on nothing of it."""
    for person in people:
        if person is not None:
            insert_free(connection, standing_aside, matter_id=matter_id, person=person)


def take_place(connection: Connection, matter_id: str, ruling: Ruling, place: str) -> None:
    """Everybody by whom or in whose name it was given has ruled in that place, and in no other."""
    for person in rulers(ruling):
        mine = delete(ruled).where(ruled.c.matter_id == matter_id, ruled.c.person == person)
        connection.execute(mine)
        connection.execute(insert(ruled).values(matter_id=matter_id, person=person, place=place))
