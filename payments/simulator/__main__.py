"""`python -m payments.simulator`: the other side, without Django."""

from payments.simulator.process import main

main()
