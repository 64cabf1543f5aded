"""Documents as terminal pages; models as JSON."""
