"""A synthetic Shiyan: input files as they really arrive, and the month run on them.

    numbers.py        identity numbers, names: all invented, all well formed
    cast.py           the handful of people that the story is about
    world.py          units, providers, people and families of the synthetic city
    sheets.py         lines to xlsx and csv; tells on which row each planted fault landed
    spelling.py       the many ways in which clerks write one value
    roster_files.py, contribution_files.py, family_files.py, visit_files.py   one kind of file each
    visits.py         who goes to which provider, when, and for how much
    generate.py       all of it into a folder, with the truth about what is in the files
    run.py            the months themselves, on those files

Everything but `run.py` is pure and follows from the seed: same seed, same bytes.
"""
