"""Independent second programs that check what the training steps computed."""
