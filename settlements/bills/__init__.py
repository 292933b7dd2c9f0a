"""Read bills, the files that channels and banks send us: bytes in, lines out."""
