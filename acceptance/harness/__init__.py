"""What the suites share: where things are, how a broker is started, how a verdict is reached. No suite lives here."""
