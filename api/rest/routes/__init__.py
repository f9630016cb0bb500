"""Operations by noun. Each module has one `router`."""
