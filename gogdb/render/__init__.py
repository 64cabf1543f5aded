"""Documents as terminal pages, Markdown and HTML; models as JSON."""
