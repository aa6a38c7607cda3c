# Tries: nothing; a cell is half written.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
# %%
class Descent(
    def update_step(self

# %%
