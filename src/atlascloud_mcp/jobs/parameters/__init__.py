"""From what was asked, in one vocabulary, to the request body that one model accepts, proved against its schema."""
