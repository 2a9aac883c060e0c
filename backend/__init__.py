"""The core: one package a subject, no knowledge of the screen."""
