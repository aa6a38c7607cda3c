# Tries: to have markup shown by the name of its exception, and to be named in rich's own markup.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
Shown = type("<script>document.title='owned'</script>[red]", (Exception,), {})


class Descent:
    def __init__(self, *_, **__):
        raise Shown("[/red][bold]{{ 7 * 7 }}{% raw %}")
