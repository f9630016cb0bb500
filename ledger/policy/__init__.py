"""Rules as dated, cited data: packs of YAML, their loader, and the typed values they give.

A pack is a folder (`packs/420300-shiyan/`): `pack.yaml` says whose rules they are and lists the
documents; each other file holds the values of one noun (`outpatient.yaml`, `crediting.yaml`):

    deductible:
      title: 起付标准
      unit: 元/年
      values:
        - from: 2022-12-31          # until: the first day on which it no longer holds
          value: 500.00             # as the rule writes it; read as text
          cite: {document: S3c, article: 6.1}
          verified: false           # true: read in a promulgated official text
          assumed: false            # true: the text is silent; the note asks the question

`load_pack("420300")` gives a `Pack`: `.outpatient(day)`, `.crediting(month)`, `.cite(key, day)`.
There is no "latest": a day must be given, and a day before the first rule is `NotInForce`.
"""
