"""Rules as dated, cited data: packs of YAML, their loader, and the typed values they give."""
