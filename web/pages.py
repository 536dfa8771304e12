"""The page at `/`."""

from flask import Blueprint, render_template

bp = Blueprint("pages", __name__)


@bp.get("/")
def home() -> str:
    """Search by words, a photo or a part of one, and narrow down what is found."""
    return render_template("index.html")
