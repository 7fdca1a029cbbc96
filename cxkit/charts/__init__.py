"""One function per figure: a result in, Axes out."""
