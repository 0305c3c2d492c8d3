"""The sandbox's web page: epics, boards and issues as a chosen person sees them."""
