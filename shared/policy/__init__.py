"""The governance policy as data, and the pure functions that read it: triage, authority, calendars, clocks."""
