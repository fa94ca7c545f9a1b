"""What goes over a wire: envelopes, signatures, problem documents. Plain Python, no ORM."""
