"""What psbot knows of a merge request of the engagements repository.

``git`` reads committed files, ``changed_files`` finds the engagement files that change, ``note`` keeps the plan note.
"""
