"""Rules as data: cards, the expression language, dated parameters, planning and running."""
