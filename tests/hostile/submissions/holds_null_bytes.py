# Tries: to break the reader with characters that text cannot contain.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
# %%
class Descent:
    value = "NULL"


# %%
