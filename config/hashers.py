"""How login passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class HouseArgon2PasswordHasher(Argon2PasswordHasher):
    """argon2id with 19 MiB, two passes and one lane (OWASP's minimum); about 20 ms."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
