//! The cloud from our side of the wire.
