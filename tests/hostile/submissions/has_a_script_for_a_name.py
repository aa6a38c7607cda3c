# Tries: to inject HTML and rich's markup through the name of its exception.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
Shown = type("<script>document.title='owned'</script>[red]", (Exception,), {})


class Descent:
    def __init__(self, *_, **__):
        raise Shown("[/red][bold]{{ 7 * 7 }}{% raw %}")
