"""The only folder that speaks SQL: tables, engines, bulk statements, migrations."""
