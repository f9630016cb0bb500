"""The fund's books: months, payments, funds, reports, proof."""
