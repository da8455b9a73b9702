"""How many pixels does one unit see?"""
