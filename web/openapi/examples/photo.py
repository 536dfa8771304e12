"""A photo that is small enough to stand in a text."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR42mM8IafBgA0wMeAAg1MCANh8AR6FrdlEAAAAAElFTkSuQmCC"
"""A PNG of 8 x 8 red pixels, in base64."""
