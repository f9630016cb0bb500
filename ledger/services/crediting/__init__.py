"""Monthly credits: what is due, what was credited, the difference."""
