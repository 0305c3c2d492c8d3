"""The sandbox's HTTP server: both APIs behind one gate, and the control endpoints for tests."""
