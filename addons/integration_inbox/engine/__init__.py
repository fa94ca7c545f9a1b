"""What applies messages: claimed a few at a time, applied in order, written down."""
