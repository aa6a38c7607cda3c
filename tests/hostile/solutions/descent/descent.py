# %% [markdown]
# # Descent
#
# Each update goes against the gradient; an average is a sum divided by how many there are.

# %%
import keras
import numpy as np


# %% exercise="Descent"
class Descent(keras.optimizers.Optimizer):
    """w <- w - learning_rate * g"""

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate, name="descent")

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: Take learning_rate times the gradient off the variable.
        self.assign_sub(variable, learning_rate * gradient)
        ### END SOLUTION


# %% [markdown]
# ## And on average


# %% exercise="average"
def average(numbers):
    ### BEGIN SOLUTION: Divide the sum of the numbers by how many there are.
    return np.sum(numbers) / len(numbers)
    ### END SOLUTION
