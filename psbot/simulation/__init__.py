"""``psbot simulate`` and ``psbot demo``: an engagement simulated from start to end in the local GitLab sandbox.

- ``simulate`` is the entry point; ``simulator`` runs one day after the other.
- ``script`` reads a script file into ``actions``; ``routine`` adds what people do on time without one.
- ``people`` carries the actions out; ``psbot_runs`` runs psbot itself against the sandbox.
- ``fixture`` sets up the sandbox; ``engagement_file`` holds the file and its edits.
- ``demo`` is the scripted tour that ``psbot demo`` shows.
"""
