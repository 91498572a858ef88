"""Looking ahead and explaining: what will leave in the coming days, why a case stands where it stands. Reads only."""

from relanced.counter import Verb
from relanced.flow.forecast.ahead import forecast
from relanced.flow.forecast.census import census
from relanced.flow.forecast.why import why

VERBS: dict[str, Verb] = {"forecast": forecast, "why": why, "census": census}

__all__ = ["VERBS"]
