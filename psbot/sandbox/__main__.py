"""``python -m psbot.sandbox``: the command ``psbot sandbox`` by itself."""

from psbot.sandbox.command import sandbox

if __name__ == "__main__":
    sandbox()
