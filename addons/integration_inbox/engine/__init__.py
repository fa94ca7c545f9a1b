"""What applies messages: claimed a few at a time, applied in their turn, written down."""
