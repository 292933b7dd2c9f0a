"""QR codes as inline SVG: drawn here, so that a page needs nobody else to show one."""

import segno
from django.utils.safestring import SafeString


def qr_svg(text: str) -> SafeString:
    """Draw a text as a QR code without a size of its own: the style sheet gives it one."""
    drawing = segno.make(text, error="m", micro=False)
    # The text itself does not stand in the drawing, only its modules.
    return SafeString(
        drawing.svg_inline(border=0, omitsize=True, svgclass="qr-code", lineclass=None, dark="#000")
    )
