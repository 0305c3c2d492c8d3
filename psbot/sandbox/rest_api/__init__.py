"""REST at ``/api/v4``."""
