"""Pictures of a plan and its sample; matplotlib is loaded here and nowhere else in `sampling`."""

from .allocation import plot_precision
from .sample import plot_sample_map
from .sizes import plot_operating_curve, plot_power, plot_sensitivity

__all__ = ["plot_operating_curve", "plot_power", "plot_precision", "plot_sample_map", "plot_sensitivity"]
