"""UnionPay's online gateway 5.1.0: bank cards, typed in at UnionPay and never here."""
