"""The e-mail door, against real and scripted relays."""
