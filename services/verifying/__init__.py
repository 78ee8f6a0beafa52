"""Verifying what Gatehouse holds, from outside: a data folder, an export, a running server, or the topics of Kafka.

`shared.transparency` proves that bytes are what was signed; here lies what only we know of those bytes: where each kind
of source keeps them, that a row says the same as its bytes, and that what is derived can be derived again.
"""
