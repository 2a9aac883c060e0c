"""What every subject stands on: settings, database, storage, events, errors, identifiers, clocks."""
