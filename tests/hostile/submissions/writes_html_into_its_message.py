# Tries: to run a script in the browser of a reader of the feedback.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise ValueError(
            "</code></div><script>document.title='owned'</script>"
            "<img src=x onerror=\"document.title='owned'\">[link](javascript:alert(1))"
        )
