"""What made the models in `models/`: simulated B-mode frames, a trainer, and measurements of how good it is."""
