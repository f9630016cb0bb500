"""Gongji (共济): the domain, from pure to stored.

    core          money, months, ids, people, providers, visits, errors     standard library only
    policy        policy packs as dated, cited data, and their loader       -> core
    benefits      what the rules say; knows no debit and credit             -> policy, core
    books         double entry; knows no medical insurance                  -> core
    journalizing  one function per business event: a decision becomes an entry -> books, benefits
    reports       entries become a statement, a trial balance, a list       -> books, benefits
    storage       the only SQL                                              -> all above
    services      verbs: one business process, one transaction each         -> storage

Nothing is imported here: adding two amounts must not load a database.
"""
