//! Truth from outside: every published number in `tests/fixtures/reference` names where it was published.
