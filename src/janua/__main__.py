"""`python -m janua` is `janua`."""

from janua.cli import main

if __name__ == "__main__":
    main()
