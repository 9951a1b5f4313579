//! Passes over the twin.
