"""Files in, values out; never the database, never the clock.

    bytes --workbooks | delimited--> grids --sheets--> Table --<kind>.read--> Batch

`catalog.read(kind, path)` is the door. What is wrong with the file as a whole (unknown type, no
header row, a needed column missing) is raised as `Refused` with a code `import/…`; what is wrong
with a row is collected as `RowError`, every fault of every row at once.

A file is read column by column: `table.column("month", month)` turns each distinct text once,
and keeps what cannot be turned as a fault of its cell. `amounts`, `days`, `identity`, `texts`
and `labels` hold the readers of one cell; they return a value or a `Fault` and never raise.
"""
