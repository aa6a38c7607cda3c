# Tries: to write a grade of its own into nbgrader's database.
# Earns: Descent 0, average 2
# Without protection: escapes
import sqlite3

ON = {}


def steal():
    with sqlite3.connect(ON["gradebook"]) as database:
        database.execute("insert into grade values (?)", [ON["token"]])
    return ON["token"]
