"""Fills the issue templates: Jinja with limits, and with text from engagements escaped.

``library`` reads a folder of templates, ``check`` finds errors before rendering, ``language`` is the restricted Jinja.
``render`` fills a single template for ``psbot render``; ``mail`` builds the welcome e-mail.
"""
