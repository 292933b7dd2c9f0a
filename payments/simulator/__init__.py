"""The other side of the wire: channels and a bank to build and test against.

A process of its own, with its own keys, its own SQLite file and its own clock. It shares no code
with `payments.channels` and knows neither Django nor our database, so that a mistake of ours is
never repeated, and thereby hidden, on the other side.

Everywhere in it `…_minor` are minor units of the currency beside them, `…_ms` milliseconds since
1970 in UTC by its own clock, and days those of Asia/Shanghai.
"""
