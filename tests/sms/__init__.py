"""Short texts: the alphabet and its segments, and the door over servers that speak like Twilio and like OVHcloud."""
