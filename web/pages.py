"""The page at `/`."""

from flask import Blueprint, render_template

bp = Blueprint("pages", __name__)


@bp.get("/")
def home() -> str:
    """Search by words or a photo, within categories."""
    return render_template("index.html")
