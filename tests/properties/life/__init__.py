"""The life of a family as a machine: one module of rules per noun, put together in
`tests/properties/test_life_machine.py`."""
