"""Every way in: command line (`cli`), HTTP (`rest`), the demonstration (`demo`); and `wiring`, the
only place where settings, database, rules and the real clock meet."""
