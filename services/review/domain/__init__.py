"""The rules of review: what may be decided by whom, on what, until when. Pure: no clock, no ids, no I/O of its own."""
