"""Reports become files: workbooks for clerks, a journal for hledger. Never the database.

`catalog` names them; `workbook` has the formats, `tables` streams records, `live` pairs a formula
with its value, `checks` compares; the rest is one module per report.
"""
