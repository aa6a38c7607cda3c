# Tries: to make the compiler compute a number that fills the memory.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
# %%
class Descent:
    value = ((1 << 60) ** (1 << 12)) * ((1 << 60) ** (1 << 12)) << (1 << 40)
    names = ("x" * (1 << 40)) * (1 << 10)


# %%
