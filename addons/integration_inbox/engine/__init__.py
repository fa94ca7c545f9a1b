"""Engine of the inbox: claims messages, applies them in order, and settles them."""
