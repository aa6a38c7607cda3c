# Tries: to fetch a page by HTTP, with Python's own library.
# Earns: Descent 0, average 2
# Without protection: escapes
import urllib.request

ON = {}


def steal():
    return urllib.request.urlopen(f"http://127.0.0.1:{ON['http']}/", timeout=5).read().decode()
