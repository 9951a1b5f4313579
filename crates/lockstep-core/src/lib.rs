//! What should happen to each incident, and why.
