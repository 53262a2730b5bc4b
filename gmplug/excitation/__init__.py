"""What excites the model: accelerograms made from the selected records, scaled by default."""
