"""The program of the bundle."""

from realtime.__main__ import program

if __name__ == "__main__":
    program()
