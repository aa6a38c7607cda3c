# Tries: to break the reader with characters that no text has.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
# %%
class Descent:
    value = "NULL"


# %%
