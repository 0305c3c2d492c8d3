"""The pure middle of psbot: facts in, decisions out; no I/O, no clock, standard library only."""
