//! A stand-in for the Microsoft services' REST surface.
