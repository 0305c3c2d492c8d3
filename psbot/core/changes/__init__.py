"""Change requests: what one asks for, which instrument it needs, and what is missing in the engagement file.

``request`` parses a change request, ``instrument`` chooses its instrument and names who decides, ``amendment`` compares
a signed one with the engagement file, and ``form`` prepares it for its template.
"""
