"""Fine-tuning an encoder on a catalogue's own labels and titles: a recipe, a loop, a bundle."""
