"""`python -m tests.hostile`: write the table of bad input into the page that shows it."""

from tests.hostile.page import PAGE, written

PAGE.write_text(written(PAGE.read_text()))
