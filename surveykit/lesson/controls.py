"""Sliders above a sentence."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

__all__ = ["sliders"]


def sliders(sentence: Callable[..., str], **controls: Any) -> Any:
    """Put sliders above a sentence that is worked out anew when one of them moves.

    Parameters
    ----------
    sentence : function
        Takes the values of the controls by name and returns text; what it refuses is shown as text too.
    **controls : ipywidgets controls

    Returns
    -------
    ipywidgets.VBox

    Examples
    --------
    >>> import ipywidgets
    >>> box = sliders(lambda n: f"n = {n}", n=ipywidgets.IntSlider(5))
    >>> box.children[0].value = 7
    >>> box.children[-1].value
    '<p><b>n = 7</b></p>'
    """
    import ipywidgets

    said = ipywidgets.HTML()

    def say(_: Any = None) -> None:
        try:
            text = sentence(**{name: control.value for name, control in controls.items()})
        except (TypeError, ValueError) as error:
            text = str(error)
        said.value = f"<p><b>{html.escape(text, quote=False)}</b></p>"

    for control in controls.values():
        control.observe(say, "value")
    say()
    return ipywidgets.VBox([*controls.values(), said])
