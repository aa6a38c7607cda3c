# Tries: to import the course's own checks from the folder of the engine.
# Earns: Descent 0, average 2
# Without protection: escapes
import importlib.util

ON = {}


def steal():
    spec = importlib.util.spec_from_file_location("stolen", ON["checks"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TOKEN
