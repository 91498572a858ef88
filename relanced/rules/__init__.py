"""What a good collector knows: pure rules over frozen values. No I/O and no clock; `now` is always a parameter.

Every `now` handed to a rule is aware and already in the creditor's time zone, so that ``now.date()`` is the local day.
"""
