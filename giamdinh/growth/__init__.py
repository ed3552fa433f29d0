"""What grew, by how much and why: against last year, earlier months and peers."""
