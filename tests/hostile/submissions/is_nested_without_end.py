# Tries: to break the parser with an expression that is nested too deeply.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
# %%
ON = {}


# %%
class Descent:
    value = NESTED


# %%
