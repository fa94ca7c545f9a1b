"""What decides: when to try again, where a request may go, which events fit. Plain Python, no ORM."""
