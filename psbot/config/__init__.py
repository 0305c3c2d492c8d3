"""Reads the files of ``config/``: the module ``NAME.py`` reads ``NAME.yml``.

``loader`` reads all of them as the process; ``folder`` reads single ones as they are needed; ``config_file`` is the
face that all modules share (``check`` and ``to_core``). ``workflow`` has two helpers: its shape and its checks.
"""
