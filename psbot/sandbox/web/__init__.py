"""The sandbox's web pages: epics, boards and issues as a chosen user sees them.

``route`` serves the addresses that GitLab uses, ``pages`` collects what each page shows, ``templates/`` lays it out.
``visit`` is one page view: it links, renders text and hides what the user may not see.
"""
