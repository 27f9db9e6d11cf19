"""What every app may import: named SQL, lanes, errors, wake-ups, environment readers."""
