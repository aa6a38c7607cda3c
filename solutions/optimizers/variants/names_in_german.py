"""Names in German, and imports under other names."""

from keras import initializers as anfang
from keras import ops as rechne
from keras.optimizers import Optimizer as Optimierer


class Grundlage(Optimierer):
    """Speicher je Variable; die Kinder sagen, welchen sie brauchen."""

    def angepasst(self, gradient, variable, learning_rate):
        typ = variable.dtype
        return rechne.cast(gradient, typ), rechne.cast(learning_rate, typ)

    def speicher(self, variablen, name, startwert=0.0):
        return [
            self.add_variable_from_reference(eine, name, anfang.Constant(startwert))
            for eine in variablen
        ]


class Momentum(Grundlage):
    def __init__(self, learning_rate=0.01, momentum=0.9, **weitere):
        super().__init__(learning_rate=learning_rate, **weitere)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.geschwindigkeiten = self.speicher(variables, "geschwindigkeit")

    def update_step(self, gradient, variable, learning_rate):
        steigung, rate = self.angepasst(gradient, variable, learning_rate)
        tempo = self.geschwindigkeiten[self._get_variable_index(variable)]
        self.assign(tempo, self.momentum * tempo - rate * steigung)
        self.assign_add(variable, tempo)

    def get_config(self):
        angaben = super().get_config()
        angaben.update(momentum=self.momentum)
        return angaben


class AdaGrad(Grundlage):
    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **weitere):
        super().__init__(learning_rate=learning_rate, **weitere)
        self.startwert = initial_accumulator_value
        self.winzig = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.summen = self.speicher(variables, "summe", self.startwert)

    def update_step(self, gradient, variable, learning_rate):
        steigung, rate = self.angepasst(gradient, variable, learning_rate)
        summe = self.summen[self._get_variable_index(variable)]
        self.assign_add(summe, rechne.square(steigung))
        self.assign_sub(variable, rate * steigung / (rechne.sqrt(summe) + self.winzig))

    def get_config(self):
        angaben = super().get_config()
        angaben.update(initial_accumulator_value=self.startwert, epsilon=self.winzig)
        return angaben


class RMSprop(Grundlage):
    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **weitere):
        super().__init__(learning_rate=learning_rate, **weitere)
        self.anteil = rho
        self.winzig = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.mittel = self.speicher(variables, "mittel")

    def update_step(self, gradient, variable, learning_rate):
        steigung, rate = self.angepasst(gradient, variable, learning_rate)
        mittel = self.mittel[self._get_variable_index(variable)]
        neu = self.anteil * mittel + (1 - self.anteil) * rechne.square(steigung)
        self.assign(mittel, neu)
        self.assign_sub(variable, rate * steigung / (rechne.sqrt(neu) + self.winzig))

    def get_config(self):
        angaben = super().get_config()
        angaben.update(rho=self.anteil, epsilon=self.winzig)
        return angaben


class Adam(Grundlage):
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **weitere):
        super().__init__(learning_rate=learning_rate, **weitere)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.winzig = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.richtungen = self.speicher(variables, "richtung")
        self.streuungen = self.speicher(variables, "streuung")

    def schritt(self, steigung, variable, rate):
        nummer = self._get_variable_index(variable)
        zeit = rechne.cast(self.iterations + 1, variable.dtype)
        neue_richtung = self.beta_1 * self.richtungen[nummer] + (1 - self.beta_1) * steigung
        neue_streuung = self.beta_2 * self.streuungen[nummer] + (1 - self.beta_2) * steigung**2
        self.assign(self.richtungen[nummer], neue_richtung)
        self.assign(self.streuungen[nummer], neue_streuung)
        richtung = neue_richtung / (1 - self.beta_1**zeit)
        streuung = neue_streuung / (1 - self.beta_2**zeit)
        return rate * richtung / (rechne.sqrt(streuung) + self.winzig)

    def update_step(self, gradient, variable, learning_rate):
        steigung, rate = self.angepasst(gradient, variable, learning_rate)
        self.assign_sub(variable, self.schritt(steigung, variable, rate))

    def get_config(self):
        angaben = super().get_config()
        angaben.update(beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.winzig)
        return angaben


class Nesterov(Momentum):
    def update_step(self, gradient, variable, learning_rate):
        steigung, rate = self.angepasst(gradient, variable, learning_rate)
        tempo = self.geschwindigkeiten[self._get_variable_index(variable)]
        schub = rate * steigung
        self.assign(tempo, self.momentum * tempo - schub)
        self.assign_add(variable, self.momentum * tempo - schub)


class AdamW(Adam):
    def __init__(self, learning_rate=0.001, decay=0.004, **weitere):
        super().__init__(learning_rate=learning_rate, **weitere)
        self.schwund = decay

    def update_step(self, gradient, variable, learning_rate):
        steigung, rate = self.angepasst(gradient, variable, learning_rate)
        self.assign(variable, variable * (1 - rate * self.schwund))
        self.assign_sub(variable, self.schritt(steigung, variable, rate))

    def get_config(self):
        angaben = super().get_config()
        angaben.update(decay=self.schwund)
        return angaben
